#include "agent/stream_backend.hpp"

#include "agent/broken_stream.hpp"
#include "agent/connect_for.hpp"
#include "agent/stream_exchange.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "mappings/virtual_host.hpp"

#include <string>

namespace sallyport::agent {
namespace {

Error removed() { return {Errc::aborted, "its mapping was removed, closed or changed"}; }

}  // namespace

StreamBackend::StreamBackend(net::Loop& loop, net::IdleSweep& sweep, Options options)
    : loop_(loop),
      sweep_(sweep),
      options_(std::move(options)),
      expiry_(sweep, [this] { end_streams("their mapping has expired"); }) {}

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
    const auto way = way_to(head.authority);
    if (!way) co_return way.error();
    auto connected =
        co_await connect_for(down, **way, login.get(), net::deadline_in(options_.connect_timeout));
    if (!connected) co_return connected.error();
    if (running.ended) co_return removed();
    http::RawStream wire(loop_, std::move(*connected), down.event());
    CutUnlessWhole cut(wire);
    if (auto attached = wire.attach(loop_, down.event()); !attached) co_return attached.error();
    http::ResponseHead granted;
    granted.status = 200;
    if (!options_.inspect) {
        StreamExchange exchange(loop_, sweep_, wire, up, down, options_.idle_timeout);
        down.start(granted);
        auto served = co_await run(exchange, running);
        cut.whole = served.has_value();
        co_return served;
    }
    if (audit == nullptr) co_return Error{Errc::unavailable, "nobody keeps records of this stream"};
    const auto inspection = options_.inspect(*audit);
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

Result<Connector*> StreamBackend::way_to(std::string_view authority) {
    const auto name = mappings::VirtualHost::from_authority(authority);
    if (!name || name->port() < options_.first_virtual_port)
        return Error{Errc::malformed, "no port of this mapping"};
    const auto port = static_cast<std::uint16_t>(options_.first_internal_port + name->port() -
                                                 options_.first_virtual_port);
    auto& way = ways_[port];
    if (way == nullptr) way = options_.way(port);
    return way.get();
}

}  // namespace sallyport::agent
