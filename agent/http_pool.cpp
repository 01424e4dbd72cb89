#include "agent/http_pool.hpp"

#include "agent/connect_for.hpp"
#include "base/error.hpp"

#include <cassert>

namespace sallyport::agent {
HttpPool::HttpPool(net::Loop& loop, net::IdleSweep& sweep, Connector& connector, Limits limits)
    : loop_(loop),
      sweep_(sweep),
      connector_(connector),
      limits_(limits),
      places_({limits.connections, limits.waiting, limits.patience}) {}

HttpPool::~HttpPool() {
    assert(places_.taken() == 0 && places_.waiting() == 0);
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
    auto* wire = newest_of(login);
    if (wire == nullptr) return std::nullopt;
    Lease lease{places_.take_now(), nullptr, true};
    if (!lease.place) return std::nullopt;
    lease.wire = remove(*wire);
    lease.wire->use(event);
    return lease;
}

net::Task<Result<HttpPool::Lease>> HttpPool::take(http::Answer& down, LoginPtr login,
                                                  Freshness freshness,
                                                  std::chrono::milliseconds connect_timeout,
                                                  const bool& expired) {
    auto& event = down.event();
    Lease lease;
    lease.place = places_.take_now();
    if (!lease.place) {
        auto place = co_await places_.take(down, sweep_, expired);
        if (!place) co_return place.error();
        lease.place = std::move(*place);
        // The one that was given back may have been kept open.
        auto* wire = freshness == Freshness::any ? newest_of(login.get()) : nullptr;
        if (wire != nullptr) {
            lease.wire = remove(*wire);
            lease.wire->use(event);
            lease.reused = true;
            co_return lease;
        }
    }
    while (open() > limits_.connections && !idle_.empty()) drop_oldest();
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

void HttpPool::lost(HttpWire& wire) {
    if (!wire.by_age.is_linked()) return;
    lost_.push_back(remove(wire));  // it may be on the stack above us
    loop_.turn.at_flush(*this);
}

void HttpPool::close_idle() {
    while (!idle_.empty()) drop_oldest();
}

}  // namespace sallyport::agent
