#include "daemon/log_level.hpp"

#include "base/error.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/log_config.hpp"
#include "net/within.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace sallyport::daemon {

namespace json = boost::json;

Result<LevelOrder> LevelOrder::parse(std::string_view body) {
    boost::system::error_code unreadable;
    const auto value = json::parse(body, unreadable);
    const auto* order = unreadable ? nullptr : value.if_object();
    const auto* text = order == nullptr ? nullptr : order->if_contains("level");
    if (text == nullptr || !text->is_string())
        return Error{Errc::malformed, R"(expected {"level": "debug", "seconds": 600})"};
    LevelOrder parsed;
    if (text->get_string() == "configured") return parsed;
    const auto level = log_level(std::string_view(text->get_string()));
    if (!level) return Error{level.error().code, level.error().detail + ", or configured"};
    parsed.level = *level;
    parsed.time = log_level_time_default;
    if (const auto* seconds = order->if_contains("seconds")) {
        boost::system::error_code no_number;
        const auto count = seconds->to_number<std::int64_t>(no_number);
        if (no_number || count < 1 || count > log_level_time_max.count())
            return Error{Errc::malformed, "seconds must be 1 to " +
                                              std::to_string(log_level_time_max.count()) +
                                              "; for longer, set [log] level and reload"};
        parsed.time = std::chrono::seconds(count);
    }
    return parsed;
}

LogLevel::LogLevel(net::Loop& loop, log::Level configured)
    : configured_(configured), changed_(loop.turn) {}

void LogLevel::configure(log::Level level) {
    configured_ = level;
    log::set_level(in_force());
}

http::SimpleResponse LogLevel::order(std::string_view body) {
    const auto order = LevelOrder::parse(body);
    if (!order) return admin_error(400, "malformed", order.error().detail);
    const auto before = describe();
    ordered_ = order->level;
    until_ = net::Loop::now() + order->time;
    log::set_level(in_force());
    changed_.set();
    auto facts = status();
    facts["changed"] =
        json::object{{"object", "log level"}, {"before", before}, {"after", describe()}};
    http::SimpleResponse response;
    response.body = json::serialize(facts);
    return response;
}

json::object LogLevel::status() const {
    json::object facts{{"level", log::to_text(in_force())},
                       {"configured", log::to_text(configured_)}};
    if (ordered_) {
        const auto left = std::chrono::ceil<std::chrono::seconds>(until_ - net::Loop::now());
        facts["seconds"] = std::max<std::int64_t>(left.count(), 0);
    }
    return facts;
}

std::string LogLevel::describe() const {
    std::string text(log::to_text(in_force()));
    if (!ordered_) return text + ", as configured";
    const auto left = std::chrono::ceil<std::chrono::seconds>(until_ - net::Loop::now());
    return text + " for " + std::to_string(left.count()) + " s";
}

net::Task<void> LogLevel::run() {
    while (true) {
        if (!ordered_) {
            co_await changed_.wait();
            continue;
        }
        auto changed = net::wait_for(changed_);
        (void)co_await net::within(until_, std::move(changed));
        if (!ordered_ || net::Loop::now() < until_) continue;
        ordered_.reset();
        log::set_level(configured_);
        log::info("log.level", {{"level", log::to_text(configured_)},
                                {"why", "the time that was ordered is over"}});
    }
}

}  // namespace sallyport::daemon
