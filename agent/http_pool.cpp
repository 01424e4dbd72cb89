#include "agent/http_pool.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cassert>

namespace sallyport::agent {

HttpPool::HttpPool(net::Loop& loop, net::IdleSweep& sweep, Connector& connector, Limits limits)
    : loop_(loop), sweep_(sweep), connector_(connector), limits_(limits) {}

HttpPool::~HttpPool() { assert(in_use_ == 0 && waiting_.empty()); }

std::optional<HttpPool::Lease> HttpPool::take_idle(net::Event& event) {
    if (idle_.empty() || !waiting_.empty() || in_use_ >= limits_.connections) return std::nullopt;
    Lease lease{Place(), std::move(idle_.back()), true};
    idle_.pop_back();
    ++in_use_;
    lease.place = Place(*this);
    lease.wire->use(event);
    return lease;
}

/// Whether another connection may be opened; an idle one gives way.
bool HttpPool::has_room() {
    if (in_use_ >= limits_.connections) return false;
    if (open() >= limits_.connections) idle_.erase(idle_.begin());
    return true;
}

net::Task<Result<HttpPool::Lease>> HttpPool::take(http::Answer& down, Freshness freshness,
                                                  net::Deadline connect_deadline,
                                                  const bool& expired) {
    auto& event = down.event();
    Lease lease;
    if (waiting_.empty() && has_room()) {
        ++in_use_;
        lease.place = Place(*this);
    } else {
        if (waiting_.size() >= limits_.waiting)
            co_return Error{Errc::limit, "all connections to the back end are in use"};
        Waiting waiting(event);
        waiting_.push_back(waiting);
        while (!waiting.granted && !down.aborted() && !expired) co_await event.wait();
        if (down.aborted()) co_return Error{Errc::aborted, {}};
        if (!waiting.granted)
            co_return Error{Errc::timed_out, "no connection to the back end became free"};
        lease.place = std::move(waiting.place);
        // The one that was given back may have been kept open.
        if (freshness == Freshness::any && !idle_.empty()) {
            lease.wire = std::move(idle_.back());
            idle_.pop_back();
            lease.wire->use(event);
            lease.reused = true;
            co_return lease;
        }
        while (open() > limits_.connections && !idle_.empty()) idle_.erase(idle_.begin());
    }
    auto connected = co_await connector_.connect(connect_deadline);
    if (!connected) co_return connected.error();
    lease.wire = std::make_unique<HttpWire>(loop_, std::move(*connected), event);
    if (auto attached = lease.wire->attach(loop_, event); !attached) co_return attached.error();
    co_return lease;
}

void HttpPool::put(Lease lease) {
    lease.wire->parse.reset();
    auto& wire = *lease.wire;
    idle_.push_back(std::move(lease.wire));
    wire.rest(*this, sweep_, net::deadline_in(limits_.idle_timeout));
}

void HttpPool::give_back() {
    --in_use_;
    if (waiting_.empty()) return;
    auto& next = waiting_.front();
    waiting_.pop_front();
    ++in_use_;
    next.place = Place(*this);
    next.granted = true;
    next.event.set();
}

void HttpPool::lost(HttpWire& wire) {
    const auto found = std::ranges::find(idle_, &wire, &std::unique_ptr<HttpWire>::get);
    if (found == idle_.end()) return;
    // It may be on the stack above us.
    lost_.push_back(std::move(*found));
    idle_.erase(found);
    loop_.turn.at_flush(*this);
}

void HttpPool::close_idle() { idle_.clear(); }

}  // namespace sallyport::agent
