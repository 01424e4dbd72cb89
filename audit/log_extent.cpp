#include "audit/log_extent.hpp"

#include "audit/line_reader.hpp"
#include "audit/record.hpp"
#include "audit/segment.hpp"
#include "audit/tail.hpp"

#include <string_view>

namespace sallyport::audit {
namespace {

std::optional<LogExtent::End> end_at(std::string_view line) {
    const auto record = parse_record(line);
    if (!record) return std::nullopt;
    return LogExtent::End{.sequence = record->sequence, .time = record->time};
}

Result<std::optional<LogExtent::End>> oldest_of(const std::filesystem::path& folder) {
    const auto segments = list_segments(folder);
    if (!segments) return segments.error();
    for (const auto& segment : *segments) {
        auto lines = LineReader::open(segment.path);
        if (!lines) return lines.error();
        const auto line = lines->next();
        if (line && *line && (*line)->whole)
            if (auto end = end_at((*line)->bytes)) return end;
    }
    return std::optional<LogExtent::End>();
}

}  // namespace

Result<std::optional<LogExtent>> log_extent(const std::filesystem::path& folder) {
    const auto oldest = oldest_of(folder);
    if (!oldest) return oldest.error();
    auto tail = Tail::open(folder, 1);
    if (!tail) return tail.error();
    std::optional<LogExtent::End> newest;
    if (auto read = tail->read([&](std::string_view line) { newest = end_at(line); }); !read)
        return read.error();
    if (!*oldest || !newest || newest->sequence < (*oldest)->sequence)
        return std::optional<LogExtent>();
    return std::optional(LogExtent{.oldest = **oldest, .newest = *newest});
}

}  // namespace sallyport::audit
