#pragma once

#include "audit/clock.hpp"
#include "audit/record.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// What to look for. An empty pattern asks for nothing; in the others `*` stands for any text and
/// `?` for one byte. All must match.
struct Filter {
    std::optional<WallTime> since{};  // not before
    std::optional<WallTime> until{};  // before
    std::string event{};  // looks at single records; else begins and ends are brought together
    std::string exchange{};
    std::string tenant{};
    std::string client{};
    std::string user{};
    std::string virtual_host{};
    std::string method{};
    std::string path{};
    std::string rule{};
    std::string outcome{};
};

/// One exchange (its begin, its end or both), or one record of another event.
struct Finding {
    std::vector<Record> records;     // in their order
    std::vector<std::string> lines;  // as they stand in the log, with newlines

    /// The field in the last record that has it; see Record.
    std::string_view text(std::string_view key) const;
    std::optional<std::uint64_t> number(std::string_view key) const;
};

struct QuerySummary {
    std::uint64_t found = 0;
    std::uint64_t unreadable = 0;  // lines that are no record: verify() says more
};

/// Begins that wait for their end in memory, together.
inline constexpr std::size_t query_waiting_bytes_max = 64 * 1024 * 1024;

/// Calls `emit` for all that `filter` matches, an exchange when its end was read, those without
/// an end last; ends when `emit` returns false. Exchanges are matched against the time of their
/// first record. Errors: the operating system's; Errc::limit above `query_waiting_bytes_max`.
Result<QuerySummary> query(const std::filesystem::path& folder, const Filter& filter,
                           const std::function<bool(const Finding&)>& emit);

/// `*` and `?` in `pattern`, everything else literally.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace sallyport::audit
