// The log for others to read: a new folder with files, and a manifest of them, which comes last.
#pragma once

#include "audit/clock.hpp"
#include "audit/verify.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::audit {

enum class ExportFormat {
    csv,    // exchanges.csv.gz: a row per exchange, call or other event, as `query` brings them
            // together
    json,   // records.jsonl.gz: the lines of the log
    ecs,    // records.ecs.jsonl.gz: in the words of the Elastic Common Schema
    tiles,  // C2SP tlog-tiles, for programs that verify transparency logs
};

/// "csv", "json", "ecs", "tlog-tiles"; nothing for any other word.
std::optional<ExportFormat> export_format(std::string_view text);
std::string_view to_text(ExportFormat format);

struct ExportRequest {
    std::filesystem::path log{};  // its folder
    std::filesystem::path out{};  // not there yet
    ExportFormat format = ExportFormat::csv;
    std::optional<WallTime> since{};  // not before; of tiles all is exported
    std::optional<WallTime> until{};  // before
    bool personal = true;             // with users' names and the like, as far as not erased
};

struct ExportReport {
    std::uint64_t exported = 0;       // records, of CSV rows
    std::uint64_t files = 0;          // without the manifest
    std::uint64_t unreadable = 0;     // lines that are no record, and were left out
    std::uint64_t damaged = 0;        // compressed segments that cannot be read to their end
    std::optional<Sequence> first{};  // of the records that were exported
    std::optional<Sequence> last{};
    Report verified{};       // of the segments with these: whether they are those that were signed
    std::string origin{};    // name of the log; empty if it is not signed
    std::uint64_t size = 0;  // of its newest checkpoint
};

/// `progress` is told how many of how many records have been read. Without manifest.json a folder
/// is not the whole of an export. What of a log is not as it was signed is exported, and told in
/// the report and in the manifest; but not as tiles, since nobody could verify those.
/// Errors: Errc::conflict if `out` is there; Errc::unsupported for tiles with a time, or of a log
/// whose oldest records were deleted; Errc::untrusted for tiles if the log is not as it was signed;
/// those of reading and writing.
Result<ExportReport> export_log(
    const ExportRequest& request,
    const std::function<void(std::uint64_t read, std::uint64_t all)>& progress);

}  // namespace sallyport::audit
