#include "audit/watermark.hpp"

namespace sallyport::audit {
namespace {

unsigned mark_below(unsigned used) {
    unsigned reached = 0;
    for (const auto mark : Watermarks::marks_percent)
        if (used >= mark) reached = mark;
    return reached;
}

}  // namespace

unsigned used_percent(const Space& space) {
    if (space.total_bytes == 0) return 0;
    const auto used = space.total_bytes - space.free_bytes;
    return static_cast<unsigned>(static_cast<long double>(used) * 100 /
                                 static_cast<long double>(space.total_bytes));
}

std::optional<Watermarks::Level> Watermarks::observe(const Space& space) {
    const auto used = used_percent(space);
    const auto mark = mark_below(used);
    auto next = level_;
    if (mark > level_.percent || used + slack_percent < level_.percent) next.percent = mark;
    const auto enough =
        level_.nearly_full ? nearly_full_bytes + nearly_full_bytes / 4 : nearly_full_bytes;
    next.nearly_full = next.percent == marks_percent.back() && space.free_bytes < enough;
    if (next == level_) return std::nullopt;
    level_ = next;
    return next;
}

}  // namespace sallyport::audit
