#pragma once

#include "audit/line.hpp"
#include "audit/segment_content.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// One line of a segment, as it stands there.
struct RawLine {
    std::string_view bytes;    // with the newline; of a line that is too long only the beginning
    std::uint64_t offset = 0;  // of its first byte in the file
    std::uint64_t number = 0;  // counted from 1
    std::uint64_t length = 0;  // in the file
    bool whole = false;        // ends with a newline

    bool fits() const { return length == bytes.size(); }
};

/// Reads the lines of one file, compressed or not, in bounded memory.
class LineReader {
public:
    /// Starts at `offset` of the content, which is the beginning of line `number`. Errors: those of
    /// SegmentContent, also of next().
    static Result<LineReader> open(const std::filesystem::path& path, std::uint64_t offset = 0,
                                   std::uint64_t number = 1);

    /// The next line, valid until the call after; nullopt at the end of the file. A last line
    /// without a newline is given as not whole.
    Result<std::optional<RawLine>> next();

private:
    LineReader(SegmentContent content, std::uint64_t offset, std::uint64_t number);
    /// Reads more into the buffer; 0 = end of file.
    Result<std::size_t> fill();
    Result<std::optional<RawLine>> skip_long_line();
    RawLine take(std::size_t length, bool whole);

    SegmentContent content_;
    std::vector<char> buffer_;
    std::string head_;  // of a line that is too long
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t offset_;
    std::uint64_t number_;
};

}  // namespace sallyport::audit
