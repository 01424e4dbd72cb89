#include "net/idle_sweep.hpp"

namespace sallyport::net {

void IdleSweep::add(Watched& watched, Deadline deadline) {
    watched.set_deadline(deadline);
    if (!watched.is_linked()) watched_.push_back(watched);
    if (!waiting_) wait();
}

void IdleSweep::wait() {
    waiting_ = true;
    timer_.expires_after(interval);
    timer_.async_wait([self = self_](boost::system::error_code failure) {
        if (!failure && *self != nullptr) (*self)->go_on();
    });
}

void IdleSweep::go_on() {
    waiting_ = false;
    const auto self = self_;
    sweep();
    // A deadline may have ended whatever owned us.
    if (*self != nullptr && !watched_.empty()) wait();
}

void IdleSweep::sweep() {
    const auto now = Loop::now();
    // Calls may add or remove others, so the expired are moved aside first.
    boost::intrusive::list<Watched, boost::intrusive::constant_time_size<false>> expired;
    for (auto next = watched_.begin(); next != watched_.end();) {
        auto& watched = *next++;
        if (watched.deadline_ > now) continue;
        watched.unlink();
        expired.push_back(watched);
    }
    while (!expired.empty()) {
        auto& watched = expired.front();
        expired.pop_front();
        watched.on_deadline();
    }
}

}  // namespace sallyport::net
