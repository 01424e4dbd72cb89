#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// What the links of all workers know of the way through each hub. Thread-safe; written when a link
/// comes or goes and when a synthetic exchange was answered, not per exchange.
class ReadyBoard {
public:
    using Time = std::chrono::steady_clock::time_point;

    struct Hub {
        std::string name;
        std::size_t links = 0;                    // that are up
        std::chrono::milliseconds interval{0};    // as the hub said; 0: it makes no such exchange
        Time last{};                              // answered last; the epoch: never
        std::chrono::microseconds round_trip{0};  // of that one
    };

    /// `hubs` by their names in agent.toml.
    explicit ReadyBoard(const std::vector<std::string>& hubs);

    void link_up(std::string_view hub, std::chrono::milliseconds interval);
    void link_down(std::string_view hub);
    void answered(std::string_view hub, Time now, std::chrono::microseconds round_trip);
    std::vector<Hub> look() const;

private:
    Hub* find(std::string_view hub);

    mutable std::mutex mutex_;
    std::vector<Hub> hubs_;
};

}  // namespace sallyport::agent
