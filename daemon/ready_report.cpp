#include "daemon/ready_report.hpp"

#include "daemon/admin_client.hpp"

#include <boost/json/array.hpp>

#include <thread>

namespace sallyport::daemon {

namespace json = boost::json;

Result<json::object> ask_ready(const std::filesystem::path& socket, std::chrono::seconds wait) {
    constexpr std::chrono::milliseconds pause{100};
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (true) {
        auto status = ask_daemon(socket, "GET", "/v1/status");
        const bool over = std::chrono::steady_clock::now() >= deadline;
        if (!status && over) return status.error();
        if (status && (over || is_ready(*status)))
            return json::object{{"ready", status->at("ready")},
                                {"not_ready", status->at("not_ready")}};
        std::this_thread::sleep_for(pause);
    }
}

bool is_ready(const json::object& told) { return told.at("ready").as_bool(); }

std::string describe_not_ready(const json::object& told) {
    std::string text;
    for (const auto& reason : told.at("not_ready").as_array())
        text += "    " + std::string(reason.at("text").as_string()) + "\n";
    return text;
}

std::string describe_readiness(const json::object& told) {
    return is_ready(told) ? "ready\n" : "NOT READY\n" + describe_not_ready(told);
}

}  // namespace sallyport::daemon
