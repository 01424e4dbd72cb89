#include "agent/stream_backend.hpp"

#include "agent/connect_for.hpp"
#include "agent/stream_exchange.hpp"
#include "base/error.hpp"
#include "mappings/virtual_host.hpp"

namespace sallyport::agent {
namespace {

/// One of the streams that the mapping allows at once.
struct Counted {
    explicit Counted(std::uint32_t& n) : count(n) { ++count; }
    ~Counted() { --count; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    std::uint32_t& count;
};

/// The system behind must not take for an orderly end what is none: a failure, or the end of the
/// agent. TLS says it by itself, TCP does not.
struct CutUnlessWhole {
    explicit CutUnlessWhole(http::RawStream& w) : wire(w) {}
    ~CutUnlessWhole() {
        if (!whole) wire.duplex().reset();
    }
    CutUnlessWhole(const CutUnlessWhole&) = delete;
    CutUnlessWhole& operator=(const CutUnlessWhole&) = delete;
    http::RawStream& wire;
    bool whole = false;
};

}  // namespace

StreamBackend::StreamBackend(net::Loop& loop, net::IdleSweep& sweep, Options options)
    : loop_(loop), sweep_(sweep), options_(std::move(options)) {}

net::Task<Result<void>> StreamBackend::serve_as(const http::RequestHead& head, http::Body& up,
                                                http::Answer& down, LoginPtr login) {
    if (streams_ >= options_.connections)
        co_return Error{Errc::limit, "limits.connections of the mapping are in use"};
    const Counted counted(streams_);
    const auto way = way_to(head.authority);
    if (!way) co_return way.error();
    auto connected =
        co_await connect_for(down, **way, login.get(), net::deadline_in(options_.connect_timeout));
    if (!connected) co_return connected.error();
    http::RawStream wire(loop_, std::move(*connected), down.event());
    CutUnlessWhole cut(wire);
    if (auto attached = wire.attach(loop_, down.event()); !attached) co_return attached.error();
    StreamExchange exchange(loop_, sweep_, wire, up, down, options_.idle_timeout);
    http::ResponseHead granted;
    granted.status = 200;
    down.start(granted);
    auto step = exchange.step();
    while (step && *step == StreamExchange::Step::wait) {
        co_await down.event().wait();
        step = exchange.step();
    }
    if (!step) co_return step.error();
    cut.whole = true;
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
