#include "agent/places.hpp"

#include "base/error.hpp"

namespace sallyport::agent {

Places::Place Places::take_now() {
    return waiting_.empty() && taken_ < limits_.places ? Place(*this) : Place();
}

net::Task<Result<Places::Place>> Places::take(http::Answer& down, const bool& expired) {
    if (auto place = take_now()) co_return std::move(place);
    if (waiting_.size() >= limits_.waiting)
        co_return Error{Errc::limit, "limits.connections of the mapping are in use"};
    Waiting waiting(down.event());
    waiting_.push_back(waiting);
    while (!waiting.place && !down.aborted() && !expired) co_await down.event().wait();
    if (down.aborted()) co_return Error{Errc::aborted, "the caller went away"};
    if (!waiting.place) co_return Error{Errc::timed_out, "no connection became free"};
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
