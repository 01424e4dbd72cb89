#pragma once

#include "daemon/liveness.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::daemon {

/// What a loop says of itself.
struct Pulse {
    bool well = true;       // what it has to do by itself, it does
    std::size_t links = 0;  // that are up
};

/// A loop beside the one that watches. `ask`, called on the watching loop, never blocks; `tell` is
/// called on the asked loop, or never if that has ended.
struct WatchedLoop {
    std::string name;
    std::function<void(std::function<void(Pulse)> tell)> ask;
};

/// Tells the service manager that the process is alive while every loop answers and is well, and
/// one line about how it is. Runs on the loop that watches, whose own turning is thereby shown.
class Watchdog {
public:
    /// The longest time between two looks.
    static constexpr std::chrono::seconds look_interval{5};

    struct Wiring {
        net::Loop& loop;
        std::vector<WatchedLoop> loops;
        /// What `systemctl status` shows, given the links of all loops.
        std::function<std::string(std::size_t links)> status;
        /// How long the service manager waits; none: nothing is fed, loops are watched all the
        /// same, for the log.
        std::optional<std::chrono::microseconds> time;
    };
    explicit Watchdog(Wiring wiring);

    /// Until let_go(), or it is cancelled.
    net::Task<void> run();
    /// From here on the loops end, which may take as long as the service manager lets them.
    void let_go();
    /// Whether no loop is held up, as of the last look.
    bool all_well() const { return !held_up_; }

private:
    struct Heard;
    void look();
    void judge(std::optional<Liveness::HeldUp> held_up);

    Wiring wiring_;
    std::shared_ptr<Heard> heard_;  // a loop may answer after we are gone
    std::optional<Liveness::HeldUp> held_up_;
    std::string told_;
    bool let_go_ = false;
};

}  // namespace sallyport::daemon
