#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// One place where the log is not as it was written.
struct Problem {
    std::string file;        // name of the segment
    std::uint64_t line = 0;  // counted from 1; 0 = the file as a whole
    std::string text;        // plain words
};

/// What verify() found.
struct Report {
    /// More are counted, not listed.
    static constexpr std::size_t problems_max = 1000;

    std::uint64_t segments = 0;
    std::uint64_t records = 0;
    std::optional<Sequence> first{};
    std::optional<Sequence> last{};
    std::string last_digest{};  // of the last line: keep it elsewhere and the end cannot be cut off
    std::vector<Problem> problems{};
    std::uint64_t problem_count = 0;
    std::vector<std::string> notes{};  // worth knowing, and no sign of tampering
    std::uint64_t exchanges_open = 0;  // begun, and the process that began them may still run

    bool good() const { return problem_count == 0; }
};

/// Checks every record of the log in `folder` by itself and against the one before. A log may be
/// verified while it is written. Errors: the operating system's (nothing could be checked).
Result<Report> verify(const std::filesystem::path& folder);

/// What the report proves, and what it does not, for people.
std::string_view what_is_proved(const Report& report);

}  // namespace sallyport::audit
