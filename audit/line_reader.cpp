#include "audit/line_reader.hpp"

#include <cstring>
#include <span>

namespace sallyport::audit {
namespace {

constexpr std::size_t buffer_bytes = 2 * (record_bytes_max + 1);

}  // namespace

LineReader::LineReader(SegmentContent content, std::uint64_t offset, std::uint64_t number)
    : content_(std::move(content)), buffer_(buffer_bytes), offset_(offset), number_(number) {}

Result<LineReader> LineReader::open(const std::filesystem::path& path, std::uint64_t offset,
                                    std::uint64_t number) {
    auto content = SegmentContent::open(path, offset);
    if (!content) return content.error();
    return LineReader(std::move(*content), offset, number);
}

Result<std::size_t> LineReader::fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const auto count = content_.read(std::span(buffer_).subspan(end_));
    if (count) end_ += *count;
    return count;
}

RawLine LineReader::take(std::size_t length, bool whole) {
    const RawLine line{.bytes = {buffer_.data() + begin_, length},
                       .offset = offset_,
                       .number = number_,
                       .length = length,
                       .whole = whole};
    begin_ += length;
    offset_ += length;
    ++number_;
    return line;
}

Result<std::optional<RawLine>> LineReader::next() {
    std::size_t searched = 0;
    while (true) {
        const auto* from = buffer_.data() + begin_ + searched;
        const auto left = end_ - begin_ - searched;
        const auto* newline = left > 0 ? std::memchr(from, '\n', left) : nullptr;
        if (newline) {
            const auto length = static_cast<std::size_t>(static_cast<const char*>(newline) -
                                                         (buffer_.data() + begin_)) +
                                1;
            if (length > record_bytes_max) return skip_long_line();
            return take(length, true);
        }
        searched = end_ - begin_;
        if (searched > record_bytes_max) return skip_long_line();
        const auto count = fill();
        if (!count) return count.error();
        if (*count > 0) continue;
        if (searched == 0) return std::optional<RawLine>();
        return take(searched, false);
    }
}

Result<std::optional<RawLine>> LineReader::skip_long_line() {
    head_.assign(buffer_.data() + begin_, record_bytes_max);
    RawLine line{.bytes = head_, .offset = offset_, .number = number_};
    while (!line.whole) {
        const auto* from = buffer_.data() + begin_;
        const auto* newline = end_ > begin_ ? std::memchr(from, '\n', end_ - begin_) : nullptr;
        line.whole = newline != nullptr;
        const auto length =
            newline ? static_cast<std::size_t>(static_cast<const char*>(newline) - from) + 1
                    : end_ - begin_;
        begin_ += length;
        line.length += length;
        if (line.whole) break;
        const auto count = fill();
        if (!count) return count.error();
        if (*count == 0) break;
    }
    offset_ += line.length;
    ++number_;
    return line;
}

}  // namespace sallyport::audit
