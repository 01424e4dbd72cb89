#pragma once

#include "audit/log.hpp"
#include "forward/log_watch.hpp"
#include "forward/settings.hpp"
#include "net/deadline.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/reconnect.hpp"
#include "net/task.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::forward {

/// What a forwarder lives on; all of it stays longer than it.
struct Wiring {
    net::Loop& loop;
    net::IdleSweep& sweep;
    net::BlockingPool& pool;
    std::filesystem::path log_folder;
    std::filesystem::path cursor_folder;
    std::string program;             // "sallyport"
    std::function<double()> dice{};  // uniform in [0, 1)
};

/// Brings the log to one target, again and again if it fails.
class Forwarding {
public:
    /// What comes within this time is sent together.
    static constexpr std::chrono::milliseconds gather{200};
    /// How long one sleeps at most after a failure.
    static constexpr std::chrono::milliseconds retry_ceiling{30'000};
    static constexpr std::chrono::milliseconds retry_first{500};
    static constexpr std::size_t error_bytes_max = 512;  // of the last one, in the status

    Forwarding(Wiring wiring, Settings settings);
    virtual ~Forwarding() = default;
    Forwarding(const Forwarding&) = delete;
    Forwarding& operator=(const Forwarding&) = delete;

    /// Until stop().
    net::Task<void> run();
    /// run() ends the connection in an orderly way and returns; may be cancelled meanwhile.
    void stop();
    /// Writes down how far the target has come; when run() has ended. Blocks while the disk works.
    virtual void keep_cursor() = 0;

    const Settings& settings() const { return settings_; }

    struct Status {
        std::string state;                        // connected, connecting, waiting, failed
        std::string why;                          // it waits
        std::optional<audit::Sequence> sequence;  // the last one that was sent
        std::optional<audit::Sequence> kept;      // a restart goes on behind this one
        std::optional<audit::Sequence> sendable;  // nothing from here on can be sent yet
        std::uint64_t delivered = 0;              // records sent, repeated ones too
        std::uint64_t skipped = 0;                // deleted before they were sent
        std::uint64_t errors = 0;                 // attempts and connections that failed
        net::Deadline caught_up;                  // all there was had been sent
    };
    Status report() const;

protected:
    /// Ends with an error, or without one when stop() was called.
    virtual net::Task<Result<void>> deliver() = 0;
    /// Lets go of the target, at once.
    virtual void give_up() = 0;
    /// After stop().
    virtual net::Task<void> finish() = 0;

    const Wiring& wiring() const { return wiring_; }
    const std::filesystem::path& cursor_file() const { return cursor_file_; }
    net::Event& event() { return event_; }
    LogWatch& watch() { return watch_; }
    bool stopping() const { return stopping_; }
    Status& status() { return status_; }
    void say_connected();
    /// With everything sent that is there: until something happens, or a time. Says whether
    /// something did.
    net::Task<bool> rest(net::Deadline until);

private:
    net::Task<void> wait_after(const Error& error, net::Deadline begun);

    Wiring wiring_;
    Settings settings_;
    std::filesystem::path cursor_file_;
    net::Event event_;
    LogWatch watch_;
    net::Reconnect retry_;
    Status status_;
    bool stopping_ = false;
    bool resting_ = false;
    bool told_error_ = false;  // in the log, since the last success
};

}  // namespace sallyport::forward
