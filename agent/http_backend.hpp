#pragma once

#include "agent/backend.hpp"
#include "agent/connector.hpp"
#include "agent/expiry_watch.hpp"
#include "agent/host_attempts.hpp"
#include "agent/http_exchange.hpp"
#include "agent/http_pool.hpp"
#include "agent/mapping_state.hpp"
#include "http/hygiene.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::agent {

/// An internal HTTP/1.1 system, for one mapping: one host, or several of which the first answers
/// that can. A connection serves one login only, and leads to one host.
class HttpBackend final : public Backend {
public:
    struct Options {
        MappingStatePtr state;      // of as many hosts as there will be
        std::string internal_host;  // without port
        std::uint16_t internal_port = 0;
        bool internal_tls = false;      // only for the default port in Host
        std::string virtual_authority;  // "host:port"
        HostHeader host_header = HostHeader::virtual_host;
        http::StripList strip{};
        std::chrono::milliseconds connect_timeout{10'000};
        std::chrono::milliseconds response_timeout{60'000};  // until the response head
        std::chrono::milliseconds stall_timeout{900'000};    // a body in transit does not move
        std::size_t connections = 100;                       // to each host
        std::size_t waiting = 1000;  // exchanges that wait for a connection; more get 503
        std::chrono::milliseconds queue_timeout{30'000};  // of these; then 503
        std::chrono::milliseconds idle_timeout{30'000};   // of a connection between exchanges
    };

    HttpBackend(net::Loop& loop, net::IdleSweep& sweep, Connector& connector, Options options);
    ~HttpBackend() override;  // precondition: no exchange runs

    /// The next host, which answers while those before it cannot. Before the first exchange; the
    /// connector outlives this.
    void add_host(Connector& connector, const std::string& internal_host,
                  std::uint16_t internal_port);

    /// Errors: Errc::unavailable (502), Errc::limit (503: connections and queue are full, or
    /// nothing became free), Overload::circuit_open (503), Errc::timed_out (504), Errc::protocol
    /// and Errc::cut (502), Errc::aborted, Errc::malformed, and what the Connector says.
    net::Task<Result<void>> serve_as(const http::RequestHead& head, http::Body& up,
                                     http::Answer& down, LoginPtr login) override {
        return serve_hosts(head, up, down, std::move(login), nullptr);
    }
    net::Task<Result<void>> serve_recorded(const http::RequestHead& head, http::Body& up,
                                           http::Answer& down, LoginPtr login,
                                           ExchangeAudit& audit) override {
        return serve_hosts(head, up, down, std::move(login), &audit);
    }

    /// Ends its WebSockets, which may have no end of their own; requests go on.
    void retire() override;
    void expire_at(std::optional<mappings::Moment> moment) override { expiry_.set(moment); }

    PoolStatus pool() const override {
        const auto idle = idle_connections();
        return {.busy = open_connections() - idle, .idle = idle, .waiting = waiting_exchanges()};
    }
    // Of all hosts together:
    std::size_t idle_connections() const;
    std::size_t open_connections() const;
    std::size_t waiting_exchanges() const;
    /// Idle connections are closed, running exchanges go on; for a changed principal or mapping.
    void close_idle();

private:
    /// An exchange that is or becomes a WebSocket.
    struct Upgrading : net::TurnHook {
        explicit Upgrading(net::Event& to_tell) : event(to_tell) {}
        net::Event& event;
        bool ended = false;  // from outside
    };
    void end_websockets();
    /// What was decided before its mapping closed may come here after that.
    bool is_closed() const { return retired_ || expiry_.has_come(); }

    struct Host;
    net::Task<Result<void>> serve_hosts(const http::RequestHead& head, http::Body& up,
                                        http::Answer& down, LoginPtr login, ExchangeAudit* audit);
    net::Task<bool> go_on(HostAttempts& attempts, const FailedAttempt& failed,
                          http::Answer& down) const;
    std::chrono::milliseconds connect_time(const HostAttempts& attempts) const;

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    const Options options_;
    std::vector<std::unique_ptr<Host>> hosts_;
    boost::intrusive::list<Upgrading, boost::intrusive::constant_time_size<false>> upgrading_;
    ExpiryWatch expiry_;
    bool retired_ = false;
};

}  // namespace sallyport::agent
