#pragma once

#include "agent/backend.hpp"
#include "agent/connector.hpp"
#include "agent/expiry_watch.hpp"
#include "agent/http_exchange.hpp"
#include "agent/http_pool.hpp"
#include "http/hygiene.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace sallyport::agent {

/// An internal HTTP/1.1 system, for one mapping. A connection serves one login only.
class HttpBackend final : public Backend {
public:
    struct Options {
        std::string internal_host;  // without port
        std::uint16_t internal_port = 0;
        bool internal_tls = false;      // only for the default port in Host
        std::string virtual_authority;  // "host:port"
        HostHeader host_header = HostHeader::virtual_host;
        http::StripList strip{};
        std::chrono::milliseconds connect_timeout{10'000};
        std::chrono::milliseconds response_timeout{60'000};  // until the response head
        std::chrono::milliseconds stall_timeout{900'000};    // a body in transit does not move
        std::size_t connections = 100;
        std::size_t waiting = 1000;  // exchanges that wait for a connection; more get 503
        std::chrono::milliseconds idle_timeout{30'000};  // of a connection between exchanges
    };

    HttpBackend(net::Loop& loop, net::IdleSweep& sweep, Connector& connector, Options options);
    ~HttpBackend() override = default;  // precondition: no exchange runs

    /// Errors: Errc::unavailable (502), Errc::limit (503: connections and queue are full),
    /// Errc::timed_out (504), Errc::protocol and Errc::cut (502), Errc::aborted, Errc::malformed,
    /// and what the Connector says.
    net::Task<Result<void>> serve_as(const http::RequestHead& head, http::Body& up,
                                     http::Answer& down, LoginPtr login) override;

    /// Ends its WebSockets, which may have no end of their own; requests go on.
    void retire() override;
    void expire_at(std::optional<mappings::Moment> moment) override { expiry_.set(moment); }
    PoolStatus pool() const override {
        return {
            .busy = pool_.open() - pool_.idle(), .idle = pool_.idle(), .waiting = pool_.waiting()};
    }
    std::size_t idle_connections() const { return pool_.idle(); }
    std::size_t open_connections() const { return pool_.open(); }
    std::size_t waiting_exchanges() const { return pool_.waiting(); }
    /// Idle connections are closed, running exchanges go on; for a changed principal or mapping.
    void close_idle() { pool_.close_idle(); }

private:
    /// An exchange that is or becomes a WebSocket.
    struct Upgrading : net::TurnHook {
        explicit Upgrading(net::Event& to_tell) : event(to_tell) {}
        net::Event& event;
        bool ended = false;  // from outside
    };
    void end_websockets();

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    std::chrono::milliseconds connect_timeout_;
    HttpExchangeRules rules_;
    HttpPool pool_;
    boost::intrusive::list<Upgrading, boost::intrusive::constant_time_size<false>> upgrading_;
    ExpiryWatch expiry_;
};

}  // namespace sallyport::agent
