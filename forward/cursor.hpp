#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"
#include "certs/sha256.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::forward {

/// Up to which record a target has everything. The digest of that record's line tells whether the
/// log is still the one that was read: after a loss of power its newest sequences may be given out
/// again.
struct Cursor {
    audit::Sequence segment = 0;   // first record of the segment
    audit::Sequence sequence = 0;  // of the last record that was delivered
    certs::Sha256 digest{};        // of its line, newline included

    bool operator==(const Cursor&) const = default;
};

/// One line: "SEGMENT SEQUENCE DIGEST", decimal and hexadecimal.
std::string to_text(const Cursor& cursor);
/// Errors: Errc::malformed.
Result<Cursor> parse_cursor(std::string_view text);

/// nullopt if there is none yet. Errors: Errc::malformed; the operating system's.
Result<std::optional<Cursor>> load_cursor(const std::filesystem::path& file);
/// Survives a crash whole, or not at all. Blocks while the disk works.
Result<void> save_cursor(const std::filesystem::path& file, const Cursor& cursor);

}  // namespace sallyport::forward
