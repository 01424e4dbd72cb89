// Which part of a log is looked at.
#include "audit/verify.hpp"

namespace sallyport::audit {

void Report::add(Problem problem) {
    if (problem_count++ < problems_max) problems.push_back(std::move(problem));
}

std::vector<Segment> VerifyOptions::selected(std::vector<Segment> segments) const {
    while (since && segments.size() > 1 && segments[1].first <= *since)
        segments.erase(segments.begin());
    while (until && segments.size() > 1 && segments.back().first > *until) segments.pop_back();
    return segments;
}

std::optional<std::string> VerifyOptions::wrong_range(std::optional<Sequence> first,
                                                      std::optional<Sequence> last) const {
    if (since && until && *since > *until)
        return "record " + std::to_string(*until) + " comes before record " +
               std::to_string(*since) + ": swap --since-seq and --until-seq";
    if (since && last && *since > *last)
        return "there is no record " + std::to_string(*since) + "; the log ends with " +
               std::to_string(*last);
    if (until && first && *until < *first)
        return "record " + std::to_string(*until) + " is not there any more; the log begins with " +
               std::to_string(*first);
    return std::nullopt;
}

}  // namespace sallyport::audit
