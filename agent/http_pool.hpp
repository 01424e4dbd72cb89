#pragma once

#include "agent/connector.hpp"
#include "agent/http_wire.hpp"
#include "agent/places.hpp"
#include "http/service.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace sallyport::agent {

/// Connections to one back end: some idle, some in use, and exchanges that wait for one. Each was
/// made as one login and serves no other; the limits are for all logins together, so that many
/// users cannot open more than the mapping allows. Last in, first out: few connections are kept
/// warm, the rest age out, and the longest idle one gives way to a login that has none.
class HttpPool final : private HttpWire::Owner, private net::EndOfTurn {
public:
    struct Limits {
        std::size_t connections = 100;
        std::size_t waiting = 1000;
        std::chrono::milliseconds idle_timeout{30'000};
        std::chrono::milliseconds patience{30'000};  // of one who waits
    };
    enum class Freshness { any, fresh };

    HttpPool(net::Loop& loop, net::IdleSweep& sweep, Connector& connector, Limits limits);
    ~HttpPool();  // precondition: no lease and nobody waits
    HttpPool(const HttpPool&) = delete;
    HttpPool& operator=(const HttpPool&) = delete;

    /// A connection in use, told to the event of the exchange. Destroying it closes it.
    struct Lease {
        Places::Place place;  // of those that the limit allows
        std::unique_ptr<HttpWire> wire;
        bool reused = false;
    };

    /// An idle connection of that login, if there is one and nobody waits.
    std::optional<Lease> take_idle(net::Event& event, const Login* login);
    /// A new connection, or (unless `fresh`) the next that becomes free. `connect_timeout` counts
    /// from when there is a place for it.
    /// Errors: those of the Connector; Errc::limit: the queue is full, or nothing became free;
    /// Errc::aborted.
    net::Task<Result<Lease>> take(http::Answer& down, LoginPtr login, Freshness freshness,
                                  std::chrono::milliseconds connect_timeout, const bool& expired);
    /// Keeps a connection whose last response has ended.
    void put(Lease lease);
    void close_idle();

    std::size_t idle() const { return idle_.size(); }
    std::size_t open() const { return places_.taken() + idle_.size(); }
    std::size_t waiting() const { return places_.waiting(); }

private:
    template <auto hook>
    using Wires =
        boost::intrusive::list<HttpWire,
                               boost::intrusive::member_hook<HttpWire, HttpWire::Hook, hook>>;
    using LoginWires = Wires<&HttpWire::of_login>;

    HttpWire* newest_of(const Login* login);
    std::unique_ptr<HttpWire> remove(HttpWire& wire);
    void drop_oldest() { remove(idle_.front()); }
    void lost(HttpWire& wire) override;
    void end_of_turn() override { lost_.clear(); }

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Connector& connector_;
    Limits limits_;
    Places places_;
    // Idle wires belong to these two lists together, the newest last in each.
    Wires<&HttpWire::by_age> idle_;
    LoginWires nobodys_;  // the usual case needs no look-up
    std::unordered_map<const Login*, LoginWires> logins_;
    std::vector<std::unique_ptr<HttpWire>> lost_;  // destroyed at the end of the turn
};

}  // namespace sallyport::agent
