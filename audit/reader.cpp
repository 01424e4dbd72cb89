#include "audit/reader.hpp"

namespace sallyport::audit {

Result<Reader> Reader::open(const std::filesystem::path& folder) {
    auto segments = list_segments(folder);
    if (!segments) return segments.error();
    return Reader(std::move(*segments));
}

Result<std::optional<RawLine>> Reader::next() {
    while (current_ < segments_.size()) {
        if (!lines_ && !damaged_) {
            auto opened = LineReader::open(segments_[current_].path);
            if (!opened) return opened.error();
            lines_.emplace(std::move(*opened));
        }
        if (!damaged_) {
            auto line = lines_->next();
            damaged_ = !line && is_damage(line.error());
            if (!line || *line) return line;
        }
        if (in_last_segment()) return std::optional<RawLine>();
        lines_.reset();
        damaged_ = false;
        ++current_;
    }
    return std::optional<RawLine>();
}

}  // namespace sallyport::audit
