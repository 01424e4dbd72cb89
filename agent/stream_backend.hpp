#pragma once

#include "agent/backend.hpp"
#include "agent/connector.hpp"
#include "agent/expiry_watch.hpp"
#include "agent/host_attempts.hpp"
#include "agent/inspected_exchange.hpp"
#include "agent/mapping_state.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::agent {

/// The internal system of a mapping that carries streams of bytes. One connection per stream, at
/// most as many at once as the mapping allows; who comes then is refused (Errc::limit). The answer
/// is a 200 as soon as one of its hosts is connected; then bytes flow: unseen, or through an
/// inspection.
class StreamBackend final : public Backend {
public:
    static constexpr std::chrono::milliseconds connect_timeout_default{10'000};

    /// One internal host.
    struct Host {
        /// A way to one internal port; called once for each port that is asked for.
        std::function<std::unique_ptr<Connector>(std::uint16_t port)> way;
        /// Makes what looks into a stream; see Options.
        std::function<std::unique_ptr<StreamInspection>(ExchangeAudit&)> inspect{};
        std::uint16_t first_internal_port = 0;
    };
    struct Options {
        MappingStatePtr state;  // of the host below and `others`
        /// A way to one internal port; called once for each port that is asked for.
        std::function<std::unique_ptr<Connector>(std::uint16_t port)> way;
        /// Makes what looks into a stream, for each connection; empty: nobody does. The audit
        /// outlives what is made. Such streams come by serve_recorded() only.
        std::function<std::unique_ptr<StreamInspection>(ExchangeAudit&)> inspect{};
        std::string name{};  // of the mapping, for the log
        std::uint16_t first_virtual_port = 0;
        std::uint16_t first_internal_port = 0;
        std::vector<Host> others{};  // connected with where those before cannot be
        std::uint32_t connections = 100;
        std::chrono::milliseconds idle_timeout{7'200'000};
        std::chrono::milliseconds set_up_timeout = InspectedExchange::set_up_timeout_default;
        std::chrono::milliseconds connect_timeout = connect_timeout_default;
    };

    StreamBackend(net::Loop& loop, net::IdleSweep& sweep, Options options);

    net::Task<Result<void>> serve_as(const http::RequestHead& head, http::Body& up,
                                     http::Answer& down, LoginPtr login) override;
    net::Task<Result<void>> serve_recorded(const http::RequestHead& head, http::Body& up,
                                           http::Answer& down, LoginPtr login,
                                           ExchangeAudit& audit) override;
    PoolStatus pool() const override { return {.busy = streams_}; }
    /// Ends its streams, and opens no more.
    void retire() override;
    void expire_at(std::optional<mappings::Moment> moment) override { expiry_.set(moment); }

private:
    /// One of the streams that the mapping allows at once.
    struct Running : net::TurnHook {
        Running(StreamBackend& backend, net::Event& to_tell);
        ~Running() { --count; }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
        std::uint32_t& count;
        net::Event& event;
        bool ended = false;  // from outside
    };
    void end_streams(std::string_view why);
    /// What was decided a moment before its mapping expired comes here a moment later.
    bool is_closed() const { return retired_ || expiry_.has_come(); }
    template <class Moving>
    net::Task<Result<void>> run(Moving& stream, const Running& running);
    net::Task<Result<void>> serve_stream(const http::RequestHead& head, http::Body& up,
                                         http::Answer& down, LoginPtr login, ExchangeAudit* audit);
    net::Task<Result<std::unique_ptr<net::Duplex>>> connect(HostAttempts& attempts,
                                                            std::uint16_t port_offset,
                                                            http::Answer& down, const Login* login);
    Result<std::uint16_t> port_offset(std::string_view authority) const;
    Connector& way_to(std::size_t host, std::uint16_t port_offset);

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Options options_;
    std::vector<Host> hosts_;
    std::unordered_map<std::uint32_t, std::unique_ptr<Connector>> ways_;  // by host and port
    boost::intrusive::list<Running, boost::intrusive::constant_time_size<false>> running_;
    std::uint32_t streams_ = 0;  // of these
    bool retired_ = false;
    ExpiryWatch expiry_;
};

}  // namespace sallyport::agent
