#pragma once

#include "audit/disclosure.hpp"
#include "audit/line_reader.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace sallyport::audit {

/// Reads the disclosures of one segment in step with its records, in bounded memory. The file may
/// be written, replaced and deleted meanwhile. Lines that are none are passed over: what they said
/// counts as erased.
class DisclosureReader {
public:
    explicit DisclosureReader(std::filesystem::path path) : path_(std::move(path)) {}

    /// What is disclosed of a record; sequences rise from call to call. Errors: the operating
    /// system's.
    Result<std::span<const Disclosure>> of(Sequence sequence);

private:
    Result<bool> open();
    Result<bool> advance();

    std::filesystem::path path_;
    std::optional<LineReader> lines_;
    std::string ahead_;  // the first line that was not asked for yet
    std::optional<Sequence> ahead_sequence_;
    std::uint64_t offset_ = 0;  // behind it
    ino_t inode_ = 0;
    std::vector<Disclosure> found_;
};

/// The line of a record with its personal values beside their commitments: `"user":"jane",` before
/// `"user_c":`. Gives `line` itself if it has none.
std::string join(std::string_view line, std::span<const Disclosure> disclosures);

/// The same, with the disclosures at hand only if the line needs any.
Result<std::string> join(std::string_view line, DisclosureReader& reader);

}  // namespace sallyport::audit
