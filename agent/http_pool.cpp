#include "agent/http_pool.hpp"

#include "agent/connect_for.hpp"
#include "base/error.hpp"

#include <cassert>

namespace sallyport::agent {
HttpPool::HttpPool(net::Loop& loop, net::IdleSweep& sweep, Connector& connector, Limits limits)
    : loop_(loop), sweep_(sweep), connector_(connector), limits_(limits) {}

HttpPool::~HttpPool() {
    assert(in_use_ == 0 && waiting_.empty());
    close_idle();
}

HttpWire* HttpPool::newest_of(const Login* login) {
    if (login == nullptr) return nobodys_.empty() ? nullptr : &nobodys_.back();
    const auto found = logins_.find(login);
    return found == logins_.end() ? nullptr : &found->second.back();
}

/// Takes an idle wire out of the lists.
std::unique_ptr<HttpWire> HttpPool::remove(HttpWire& wire) {
    idle_.erase(idle_.iterator_to(wire));
    if (wire.login() == nullptr) {
        nobodys_.erase(nobodys_.iterator_to(wire));
    } else {
        const auto found = logins_.find(wire.login());
        found->second.erase(found->second.iterator_to(wire));
        if (found->second.empty()) logins_.erase(found);
    }
    return std::unique_ptr<HttpWire>(&wire);
}

std::optional<HttpPool::Lease> HttpPool::take_idle(net::Event& event, const Login* login) {
    if (!waiting_.empty() || in_use_ >= limits_.connections) return std::nullopt;
    auto* wire = newest_of(login);
    if (wire == nullptr) return std::nullopt;
    Lease lease{Place(), remove(*wire), true};
    ++in_use_;
    lease.place = Place(*this);
    lease.wire->use(event);
    return lease;
}

/// Whether another connection may be opened; an idle one gives way.
bool HttpPool::has_room() {
    if (in_use_ >= limits_.connections) return false;
    if (open() >= limits_.connections) drop_oldest();
    return true;
}

net::Task<Result<HttpPool::Lease>> HttpPool::take(http::Answer& down, LoginPtr login,
                                                  Freshness freshness,
                                                  std::chrono::milliseconds connect_timeout,
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
        auto* wire = freshness == Freshness::any ? newest_of(login.get()) : nullptr;
        if (wire != nullptr) {
            lease.wire = remove(*wire);
            lease.wire->use(event);
            lease.reused = true;
            co_return lease;
        }
        while (open() > limits_.connections && !idle_.empty()) drop_oldest();
    }
    auto connected =
        co_await connect_for(down, connector_, login.get(), net::deadline_in(connect_timeout));
    if (!connected) co_return connected.error();
    lease.wire = std::make_unique<HttpWire>(loop_, std::move(*connected), login, event);
    if (auto attached = lease.wire->attach(loop_, event); !attached) co_return attached.error();
    co_return lease;
}

void HttpPool::put(Lease lease) {
    lease.wire->parse.reset();
    auto& wire = *lease.wire.release();
    idle_.push_back(wire);
    if (wire.login() == nullptr)
        nobodys_.push_back(wire);
    else
        logins_[wire.login()].push_back(wire);
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
    if (!wire.by_age.is_linked()) return;
    lost_.push_back(remove(wire));  // it may be on the stack above us
    loop_.turn.at_flush(*this);
}

void HttpPool::close_idle() {
    while (!idle_.empty()) drop_oldest();
}

}  // namespace sallyport::agent
