#pragma once

#include "audit/disclosure_reader.hpp"
#include "audit/segment.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

namespace sallyport::audit {

/// The end of a log, and what is added to it: call read() again when something may have come.
class Tail {
public:
    /// Stands before the last `lines` whole lines, over segments. Errors: the operating system's.
    static Result<Tail> open(const std::filesystem::path& folder, std::uint64_t lines);

    /// Gives every whole line up to the present end, once, with its newline, and with the personal
    /// values beside their commitments. A line that is still being written comes with a later call.
    Result<void> read(const std::function<void(std::string_view)>& emit);

private:
    explicit Tail(std::filesystem::path folder) : folder_(std::move(folder)) {}
    void stand_at(const Segment& segment, std::uint64_t offset);
    Result<void> read_segment(const std::function<void(std::string_view)>& emit);

    std::filesystem::path folder_;
    std::filesystem::path segment_;  // empty = there is none yet
    Sequence first_ = 0;             // of that segment
    std::uint64_t offset_ = 0;
    std::optional<DisclosureReader> disclosures_;  // of that segment
};

}  // namespace sallyport::audit
