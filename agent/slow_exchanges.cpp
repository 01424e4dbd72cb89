#include "agent/slow_exchanges.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::agent {

void SlowExchanges::keep(const Ended& ended, Time now) {
    forget_old(now);
    const auto kept = [this] { return kept_.begin() + static_cast<std::ptrdiff_t>(count_); };
    const auto by_time = [](const SlowExchange& one) { return one.times.whole; };
    if (count_ < slow_exchanges_max) {
        ++count_;
    } else {
        auto fastest = std::ranges::min_element(kept_.begin(), kept(), {}, by_time);
        if (by_time(*fastest) >= ended.times.whole) return;
        std::swap(*fastest, kept_[count_ - 1]);
    }
    auto& place = kept_[count_ - 1];  // its texts keep their memory
    place.exchange = ended.exchange;
    place.virtual_host = ended.virtual_host;
    place.method = ended.method;
    const auto path = ended.path.substr(0, ended.path.find('?'));
    place.path = path.substr(0, slow_path_bytes_max);
    place.outcome = ended.outcome;
    place.status = ended.status;
    place.request_bytes = ended.request_bytes;
    place.response_bytes = ended.response_bytes;
    place.ended = now;
    place.times = ended.times;
    fastest_ = by_time(*std::ranges::min_element(kept_.begin(), kept(), {}, by_time));
    const auto oldest =
        std::ranges::min_element(kept_.begin(), kept(), {}, &SlowExchange::ended)->ended;
    first_leaves_ = oldest + slow_exchange_age_max;
}

void SlowExchanges::forget_old(Time now) {
    for (std::size_t i = 0; i < count_;) {
        if (kept_[i].ended + slow_exchange_age_max > now) {
            ++i;
            continue;
        }
        std::swap(kept_[i], kept_[count_ - 1]);
        --count_;
    }
}

std::vector<SlowExchange> SlowExchanges::list(Time now) const {
    std::vector<SlowExchange> all;
    for (std::size_t i = 0; i < count_; ++i)
        if (kept_[i].ended + slow_exchange_age_max > now) all.push_back(kept_[i]);
    std::ranges::sort(all,
                      [](const auto& a, const auto& b) { return a.times.whole > b.times.whole; });
    return all;
}

}  // namespace sallyport::agent
