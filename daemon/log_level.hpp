#pragma once

#include "base/log.hpp"
#include "http/simple_service.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::daemon {

inline constexpr std::string_view log_level_target = "/v1/log-level";
inline constexpr std::string_view log_level_act = "log.level";

/// What a `POST` to log_level_target asks for.
struct LevelOrder {
    std::optional<log::Level> level{};  // nothing: back to that of the configuration
    std::chrono::seconds time{0};

    static constexpr std::chrono::seconds log_level_time_default{600};
    static constexpr std::chrono::seconds log_level_time_max{86'400};

    /// {"level": "debug", "seconds": 600}; "level": "configured" ends an order before its time.
    /// Errors: Errc::malformed, saying what may stand there.
    static Result<LevelOrder> parse(std::string_view body);
};

/// Which lines of the log are written: as the configuration says, or for a while as somebody
/// ordered. Of the control loop.
class LogLevel {
public:
    LogLevel(net::Loop& loop, log::Level configured);

    /// The configuration says something else; an order stays in force until its time is over.
    void configure(log::Level level);
    /// Answers with {"level", "seconds", "configured"} and what changed, for the record.
    http::SimpleResponse order(std::string_view body);
    boost::json::object status() const;

    /// Ends orders when their time is over. Until it is cancelled.
    net::Task<void> run();

private:
    log::Level in_force() const { return ordered_ ? *ordered_ : configured_; }
    std::string describe() const;

    log::Level configured_;
    std::optional<log::Level> ordered_;
    std::chrono::steady_clock::time_point until_{};
    net::Event changed_;
};

}  // namespace sallyport::daemon
