#pragma once

#include "audit/clock.hpp"
#include "audit/record.hpp"
#include "base/result.hpp"

#include <cstddef>
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
    std::string trace{};  // finds exchanges only
    std::string tenant{};
    std::string client{};
    std::string user{};          // also of the SAP system, in calls of RFC
    std::string virtual_host{};  // without a port: all its ports
    std::string method{};        // in capitals or not
    std::string path{};
    std::string rule{};
    std::string function{};   // finds calls of RFC only
    std::string operation{};  // finds operations of LDAP only
    std::string outcome{};
    std::string decision{};                 // "allowed" or "refused"; see decision_of()
    std::string agent{};                    // of what the hub records
    std::optional<std::string> location{};  // empty = the default one
    std::optional<Sequence> from{};         // not before
    std::optional<Sequence> to{};           // not behind
    /// Whether findings have the personal values that are disclosed. Without them a record has
    /// commitments only, and no user can be asked for.
    enum class Personal { disclosed, committed };
    Personal personal = Personal::disclosed;
};

/// One exchange or call within it (its begin, its end or both), or one record of another event.
struct Finding {
    std::vector<Record> records;     // in their order
    std::vector<std::string> lines;  // as they stand in the log, joined() with what is disclosed

    /// The field in the last record that has it; see Record.
    std::string_view text(std::string_view key) const;
    std::optional<std::uint64_t> number(std::string_view key) const;
};

struct QuerySummary {
    std::uint64_t found = 0;
    /// Lines that are no record, among those that had to be looked at: verify() says more.
    std::uint64_t unreadable = 0;
    std::uint64_t damaged = 0;  // compressed segments that cannot be read to their end; likewise
    // Under QueryLimits only.
    std::optional<Sequence> next{};  // Filter::from of the rest; none: that was all
    /// Exchanges whose end was not found in as many segments as may be read for it; one that was
    /// asked for by its outcome is not found, therefore.
    std::uint64_t ends_unread = 0;
};

/// How much of a log is read and held at once, for who may take neither long nor much memory:
/// segments one after the other, on the calling thread. Begins and single records are taken in
/// their order until one of these says no.
struct QueryLimits {
    std::size_t findings = 100;
    std::size_t bytes = std::size_t{1} << 20;       // of their lines, before ends come to them; one
                                                    // is taken whatever it has
    std::size_t held_bytes = std::size_t{4} << 20;  // of lines of a segment that may match
    std::size_t segments = 8;                       // that are read for begins,
    std::size_t segments_behind = 8;                // and behind these for their ends
    std::function<bool()> stop{};  // asked before each segment; true: Errc::aborted
};

/// Begins that wait for their end in memory, together.
inline constexpr std::size_t query_waiting_bytes_max = 64 * 1024 * 1024;

/// Reads several segments at the same time. Calls `emit`, from this thread, for all that `filter`
/// matches, an exchange when its end was read, those without an end last; ends when `emit` returns
/// false. Exchanges are matched against the time and sequence of their first record. Errors: the
/// operating system's; Errc::limit above `query_waiting_bytes_max`.
Result<QuerySummary> query(const std::filesystem::path& folder, const Filter& filter,
                           const std::function<bool(const Finding&)>& emit,
                           const QueryLimits* limits = nullptr);

/// `*` and `?` in `pattern`, everything else literally.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace sallyport::audit
