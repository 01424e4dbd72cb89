#pragma once

#include "daemon/histogram.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace sallyport::hub {

/// What the requests of one tenant came to.
struct TenantCounts {
    /// As the access record calls them, behind "exchange.".
    static constexpr std::array<std::string_view, 4> outcomes{"answered", "refused", "failed",
                                                              "aborted"};
    std::array<std::uint64_t, outcomes.size()> ended{};
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
};

/// What the requests of one worker, or all of them, came to.
struct Counts {
    static constexpr std::size_t status_classes = 5;  // 1xx .. 5xx

    std::map<std::string, TenantCounts, std::less<>> tenants;  // by id
    TenantCounts others;                                  // of more tenants than are told apart
    TenantCounts unknown;                                 // nobody showed a good token
    std::array<std::uint64_t, status_classes> answers{};  // also our own
    std::uint64_t running = 0;
    daemon::LongTimes whole;

    void add(const Counts& other);
};

/// Counts the requests of one worker, on its thread. No allocation but for the first request of a
/// tenant.
class Meter {
public:
    /// More tenants are counted together: what watches us is not to drown in names.
    static constexpr std::size_t counted_tenants_max = 200;

    struct Request {
        std::string_view tenant{};   // its id; empty: nobody is known
        std::string_view outcome{};  // "exchange.answered", ...
        int status = 0;              // 0: no answer
        std::uint64_t request_bytes = 0;
        std::uint64_t response_bytes = 0;
        std::chrono::steady_clock::duration whole{};
        bool lasts = false;  // a stream: its time says nothing
    };
    void begins() { ++counts_.running; }
    /// It is another worker's now.
    void moved() { --counts_.running; }
    void ended(const Request& request);

    const Counts& counts() const { return counts_; }

private:
    TenantCounts& of(std::string_view tenant);

    Counts counts_;
    std::string_view last_;  // whose request ended last: most often the next one is of the same
    TenantCounts* last_counts_ = nullptr;
};

}  // namespace sallyport::hub
