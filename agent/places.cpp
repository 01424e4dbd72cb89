#include "agent/places.hpp"

#include "base/error.hpp"

namespace sallyport::agent {

Places::Place Places::take_now() {
    return waiting_.empty() && taken_ < limits_.places ? Place(*this) : Place();
}

net::Task<Result<Places::Place>> Places::take(http::Answer& down, net::IdleSweep& sweep,
                                              const bool& expired) {
    if (auto place = take_now()) co_return std::move(place);
    if (waiting_.size() >= limits_.waiting)
        co_return Error{Errc::limit,
                        "limits.connections of the mapping are in use, and as many "
                        "as limits.queue allows wait for one"};
    Waiting waiting(down.event());
    waiting_.push_back(waiting);
    Patience patience(down.event());
    sweep.add(patience, net::deadline_in(limits_.patience));
    while (!waiting.place && !down.aborted() && !expired && !patience.is_out)
        co_await down.event().wait();
    if (down.aborted()) co_return Error{Errc::aborted, "the caller went away"};
    if (!waiting.place)
        co_return Error{Errc::limit, "no connection became free within limits.queue_timeout"};
    co_return std::move(waiting.place);
}

void Places::give_back() {
    --taken_;
    if (waiting_.empty()) return;
    auto& next = waiting_.front();
    waiting_.pop_front();
    next.place = Place(*this);
    next.event.set();
}

}  // namespace sallyport::agent
