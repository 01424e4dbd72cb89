#include "daemon/restart_needed.hpp"

#include "daemon/json_text.hpp"

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

std::string waiting_text(const json::object& said) {
    const auto& keys = array_at(said, "restart_needed");
    return keys.empty() ? std::string()
                        : "changed, but in force only after a restart: " + names_of(keys);
}

}  // namespace

json::array restart_needed_json(const std::vector<std::string>& keys) {
    json::array all;
    for (const auto& key : keys) all.emplace_back(key);
    return all;
}

std::string describe_restart_needed(const json::object& said) {
    const auto text = waiting_text(said);
    return text.empty() ? text : text + "\n";
}

void judge_restart_needed(const json::object& status, std::string_view unit, Findings& into) {
    if (auto text = waiting_text(status); !text.empty())
        into.add("configuration.restart", "configuration in force",
                 Judgement::warning(std::move(text), "systemctl restart " + std::string(unit)));
}

}  // namespace sallyport::daemon
