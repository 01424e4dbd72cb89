#pragma once

#include "agent/slow_exchanges.hpp"
#include "daemon/histogram.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sallyport::mappings {
class Table;
struct Mapping;
}  // namespace sallyport::mappings

namespace sallyport::agent {

/// What the exchanges of one mapping came to.
struct MappingCounts {
    /// As the audit log calls them (audit::outcome).
    static constexpr std::array<std::string_view, 5> outcomes{"answered", "refused", "failed",
                                                              "timed_out", "aborted"};
    static constexpr std::size_t status_classes = 5;  // 1xx .. 5xx

    std::uint64_t running = 0;
    std::array<std::uint64_t, outcomes.size()> ended{};
    std::array<std::uint64_t, status_classes> answers{};  // of the back end
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    daemon::LongTimes head;   // of the back end: until the head of its answer
    daemon::LongTimes whole;  // of exchanges that came to a back end

    void add(const MappingCounts& other);
};

/// What the exchanges of one worker, or all of them, came to.
struct Counts {
    std::vector<std::pair<std::string, MappingCounts>> mappings;  // as the configuration has them
    MappingCounts none;  // for no virtual host that is exposed
    daemon::ShortTimes policy;
    daemon::ShortTimes principal;
    daemon::ShortTimes audit;
    std::vector<SlowExchange> slowest;

    void add(const Counts& other);
};

/// Counts the exchanges of one worker, on its thread: no lock, no look-up by name, no allocation
/// for an exchange. What was counted stays as long as the mapping does, also over a reload.
class Meter {
public:
    /// `table` is in force from here on.
    void use(const mappings::Table& table);

    /// Of a mapping of the table in force; null: of none. Valid while one of its exchanges runs,
    /// and until use().
    MappingCounts& of(const mappings::Mapping* mapping);

    daemon::ShortTimes policy;
    daemon::ShortTimes principal;
    daemon::ShortTimes audit;
    SlowExchanges slowest;

    Counts counts(SlowExchanges::Time now) const;

private:
    struct Kept {
        std::unique_ptr<MappingCounts> counts = std::make_unique<MappingCounts>();
        bool configured = true;
    };
    std::unordered_map<std::string, Kept> by_name_;  // also of those gone that have exchanges
    std::vector<std::pair<std::string, MappingCounts*>> by_index_;
    const mappings::Mapping* first_ = nullptr;  // of the table in force
    MappingCounts none_;
};

}  // namespace sallyport::agent
