#include "agent/stream_backend.hpp"

#include "agent/broken_stream.hpp"
#include "agent/connect_for.hpp"
#include "agent/stream_exchange.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "mappings/virtual_host.hpp"

#include <algorithm>
#include <string>

namespace sallyport::agent {
namespace {

Error removed() { return {Errc::aborted, "its mapping was removed, closed or changed"}; }

}  // namespace

StreamBackend::StreamBackend(net::Loop& loop, net::IdleSweep& sweep, Options options)
    : loop_(loop),
      sweep_(sweep),
      options_(std::move(options)),
      hosts_(options_.others),
      expiry_(sweep, [this] { end_streams("their mapping has expired"); }) {
    hosts_.insert(hosts_.begin(),
                  Host{options_.way, options_.inspect, options_.first_internal_port});
}

StreamBackend::Running::Running(StreamBackend& backend, net::Event& to_tell)
    : count(backend.streams_), event(to_tell) {
    ++count;
    backend.running_.push_back(*this);
}

net::Task<Result<void>> StreamBackend::serve_as(const http::RequestHead& head, http::Body& up,
                                                http::Answer& down, LoginPtr login) {
    return serve_stream(head, up, down, std::move(login), nullptr);
}

net::Task<Result<void>> StreamBackend::serve_recorded(const http::RequestHead& head, http::Body& up,
                                                      http::Answer& down, LoginPtr login,
                                                      ExchangeAudit& audit) {
    return serve_stream(head, up, down, std::move(login), &audit);
}

void StreamBackend::retire() {
    retired_ = true;
    end_streams("their mapping was removed, closed or changed");
}

void StreamBackend::end_streams(std::string_view why) {
    if (streams_ > 0)
        log::write(
            log::Level::info, "streams.ended",
            {{"why", why}, {"virtual_host", options_.name}, {"streams", std::to_string(streams_)}});
    for (auto& stream : running_) {
        stream.ended = true;
        stream.event.set();
    }
}

net::Task<Result<void>> StreamBackend::serve_stream(const http::RequestHead& head, http::Body& up,
                                                    http::Answer& down, LoginPtr login,
                                                    ExchangeAudit* audit) {
    if (is_closed()) co_return removed();
    if (streams_ >= options_.connections)
        co_return Error{Errc::limit, "limits.connections of the mapping are in use"};
    Running running(*this, down.event());
    const auto offset = port_offset(head.authority);
    if (!offset) co_return offset.error();
    HostAttempts attempts(*options_.state, audit);
    auto connected = co_await connect(attempts, *offset, down, login.get());
    if (!connected) co_return connected.error();
    if (running.ended) co_return removed();
    http::RawStream wire(loop_, std::move(*connected), down.event());
    CutUnlessWhole cut(wire);
    if (auto attached = wire.attach(loop_, down.event()); !attached) co_return attached.error();
    http::ResponseHead granted;
    granted.status = 200;
    const auto& inspect = hosts_[attempts.host()].inspect;
    if (!inspect) {
        StreamExchange exchange(loop_, sweep_, wire, up, down, options_.idle_timeout);
        down.start(granted);
        auto served = co_await run(exchange, running);
        cut.whole = served.has_value();
        co_return served;
    }
    if (audit == nullptr) co_return Error{Errc::unavailable, "nobody keeps records of this stream"};
    const auto inspection = inspect(*audit);
    InspectedExchange exchange(
        loop_, sweep_, wire, up, down, *inspection, *audit,
        {.idle_timeout = options_.idle_timeout, .set_up_timeout = options_.set_up_timeout});
    down.start(granted);
    auto served = co_await run(exchange, running);
    cut.whole = served.has_value() || exchange.said_farewell();
    co_return served;
}

template <class Moving>
net::Task<Result<void>> StreamBackend::run(Moving& stream, const Running& running) {
    auto step = stream.step();
    while (step && *step == StreamStep::wait) {
        co_await running.event.wait();
        if (running.ended) co_return stream.give_up(removed());
        step = stream.step();
    }
    if (!step) co_return step.error();
    co_return Result<void>{};
}

/// With the first host that can be: before a byte of the caller has gone anywhere.
net::Task<Result<std::unique_ptr<net::Duplex>>> StreamBackend::connect(HostAttempts& attempts,
                                                                       std::uint16_t port_offset,
                                                                       http::Answer& down,
                                                                       const Login* login) {
    Result<std::unique_ptr<net::Duplex>> connected = Error{Overload::circuit_open, {}};
    while (attempts.begin(net::Loop::now())) {
        auto& way = way_to(attempts.host(), port_offset);
        const auto patience = attempts.has_another(net::Loop::now())
                                  ? std::min(options_.connect_timeout, connect_timeout_of_many)
                                  : options_.connect_timeout;
        connected = co_await connect_for(down, way, login, net::deadline_in(patience));
        if (connected) {
            attempts.answered();
            break;
        }
        const AttemptFacts facts{.shows_certificate =
                                     login != nullptr && login->certificate.has_value()};
        attempts.failed(connected.error(), facts, net::Loop::now());
        const FailedAttempt failed{.over = down.aborted() || retired_};
        if (attempts.next(failed, net::Loop::now()) == NextAttempt::none) break;
    }
    co_return connected;
}

Result<std::uint16_t> StreamBackend::port_offset(std::string_view authority) const {
    const auto name = mappings::VirtualHost::from_authority(authority);
    if (!name || name->port() < options_.first_virtual_port)
        return Error{Errc::malformed, "no port of this mapping"};
    return static_cast<std::uint16_t>(name->port() - options_.first_virtual_port);
}

Connector& StreamBackend::way_to(std::size_t host, std::uint16_t port_offset) {
    const auto first = hosts_[host].first_internal_port;
    const auto port = static_cast<std::uint16_t>(first + port_offset);
    auto& way = ways_[static_cast<std::uint32_t>(host << 16U) | port];
    if (way == nullptr) way = hosts_[host].way(port);
    return *way;
}

}  // namespace sallyport::agent
