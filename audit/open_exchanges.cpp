#include "audit/open_exchanges.hpp"

#include <algorithm>

namespace sallyport::audit {

void OpenExchanges::begin(std::string_view id, Sequence sequence) {
    if (open_.size() < count_max) {
        open_.emplace(id, sequence);
        return;
    }
    if (untracked_++ == 0) untracked_since_ = sequence;
}

std::optional<Sequence> OpenExchanges::end(std::string_view id) {
    const auto [first, last] = open_.equal_range(id);
    if (first == last) return std::nullopt;
    const auto oldest = std::min_element(
        first, last, [](const auto& a, const auto& b) { return a.second < b.second; });
    const auto sequence = oldest->second;
    open_.erase(oldest);
    return sequence;
}

bool OpenExchanges::end(std::string_view id, Sequence begin) {
    const auto [first, last] = open_.equal_range(id);
    const auto found =
        std::find_if(first, last, [&](const auto& entry) { return entry.second == begin; });
    if (found == last) return false;
    open_.erase(found);
    return true;
}

std::optional<Sequence> OpenExchanges::oldest() const {
    std::optional<Sequence> oldest;
    if (untracked_ > 0) oldest = untracked_since_;
    for (const auto& [id, begin] : open_) oldest = std::min(oldest.value_or(begin), begin);
    return oldest;
}

std::vector<OpenExchanges::Exchange> OpenExchanges::all() const {
    std::vector<Exchange> exchanges;
    exchanges.reserve(open_.size());
    for (const auto& [id, begin] : open_) exchanges.push_back({id, begin});
    std::sort(exchanges.begin(), exchanges.end(),
              [](const auto& a, const auto& b) { return a.begin < b.begin; });
    return exchanges;
}

}  // namespace sallyport::audit
