#pragma once

#include "agent/slow_exchanges.hpp"
#include "daemon/histogram.hpp"

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
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

    /// When the last of them was let through to the back end; the epoch: none was.
    std::chrono::steady_clock::time_point accessed{};

    void add(const MappingCounts& other);
};

/// What the exchanges that a rule let through to the back end came to. Rules of one mapping with
/// the same path are counted together.
struct RuleCounts {
    std::uint64_t running = 0;
    std::uint64_t calls = 0;  // that have ended
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    std::chrono::steady_clock::time_point accessed{};  // as of the mapping

    void add(const RuleCounts& other);
};

/// Whose they are.
struct RuleName {
    std::string mapping;
    std::string path;
    auto operator<=>(const RuleName&) const = default;
};

/// What the exchanges of one worker, or all of them, came to.
struct Counts {
    std::vector<std::pair<std::string, MappingCounts>> mappings;  // as the configuration has them
    MappingCounts none;  // for no virtual host that is exposed
    /// Each path of each mapping once, in their order.
    std::vector<std::pair<std::shared_ptr<const RuleName>, RuleCounts>> rules;
    daemon::ShortTimes policy;
    daemon::ShortTimes principal;
    daemon::ShortTimes audit;
    std::vector<SlowExchange> slowest;

    void add(const Counts& other);

private:
    void add_rules(const Counts& other);
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
    /// Likewise of its rule of that number, from 1; null for 0, which is none.
    RuleCounts* of(const mappings::Mapping* mapping, std::size_t rule_number);

    daemon::ShortTimes policy;
    daemon::ShortTimes principal;
    daemon::ShortTimes audit;
    SlowExchanges slowest;

    Counts counts(SlowExchanges::Time now) const;

private:
    struct KeptRule {
        std::shared_ptr<const RuleName> name;
        RuleCounts counts = {};
        bool configured = true;
    };
    struct Kept {
        std::unique_ptr<MappingCounts> counts = std::make_unique<MappingCounts>();
        std::map<std::string, KeptRule> rules = {};  // by path; likewise
        bool configured = true;
    };
    struct Place {
        std::string name;
        MappingCounts* counts;
        std::vector<KeptRule*> rules;  // as the mapping has them
    };
    static void use(const mappings::Mapping& mapping, Kept& kept, Place& place);

    std::unordered_map<std::string, Kept> by_name_;  // also of those gone that have exchanges
    std::vector<Place> by_index_;
    const mappings::Mapping* first_ = nullptr;  // of the table in force
    MappingCounts none_;
};

}  // namespace sallyport::agent
