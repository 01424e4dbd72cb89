#include "agent/http_backend.hpp"

#include "base/error.hpp"

#include <optional>
#include <utility>

namespace sallyport::agent {
namespace {

/// Host as the back end expects it: without a port that goes without saying (RFC 9110 section 7.2).
std::string internal_authority(const HttpBackend::Options& options) {
    const bool bare_address = options.internal_host.find(':') != std::string::npos &&
                              !options.internal_host.starts_with('[');
    auto text = bare_address ? '[' + options.internal_host + ']' : options.internal_host;
    const std::uint16_t default_port = options.internal_tls ? 443 : 80;
    if (options.internal_port != default_port) text += ':' + std::to_string(options.internal_port);
    return text;
}

}  // namespace

HttpBackend::HttpBackend(net::Loop& loop, net::IdleSweep& sweep, Connector& connector,
                         Options options)
    : loop_(loop),
      sweep_(sweep),
      connect_timeout_(options.connect_timeout),
      rules_{Rewrite(options.internal_host, options.internal_port, options.virtual_authority),
             internal_authority(options),
             options.virtual_authority,
             options.host_header,
             options.strip,
             options.response_timeout,
             options.stall_timeout},
      pool_(loop, sweep, connector, {options.connections, options.waiting, options.idle_timeout}),
      expiry_(sweep, [this] { end_websockets(); }) {}

void HttpBackend::retire() { end_websockets(); }

void HttpBackend::end_websockets() {
    for (auto& one : upgrading_) {
        one.ended = true;
        one.event.set();
    }
}

net::Task<Result<void>> HttpBackend::serve_as(const http::RequestHead& head, http::Body& up,
                                              http::Answer& down, LoginPtr login) {
    HttpExchange exchange(loop_, sweep_, rules_, head, up, down);
    if (auto good = exchange.check(); !good) co_return good.error();
    std::optional<Upgrading> upgrading;
    if (!head.upgrade.empty()) upgrading_.push_back(upgrading.emplace(down.event()));
    auto freshness = HttpPool::Freshness::any;
    while (true) {
        std::optional<HttpPool::Lease> lease;
        if (freshness == HttpPool::Freshness::any)
            lease = pool_.take_idle(down.event(), login.get());
        if (!lease) {
            auto taken =
                co_await pool_.take(down, login, freshness, connect_timeout_, exchange.expired());
            if (!taken) co_return taken.error();
            lease = std::move(*taken);
        }
        if (lease->reused && exchange.careful() && !lease->wire->quiet()) continue;
        exchange.begin(*lease->wire, login.get());
        auto step = exchange.step();
        while (step && *step == HttpExchange::Step::wait) {
            co_await down.event().wait();
            if (upgrading && upgrading->ended)
                co_return Error{Errc::aborted, "its mapping was removed, closed or changed"};
            step = exchange.step();
        }
        if (step) {
            if (exchange.reusable()) pool_.put(std::move(*lease));
            co_return Result<void>();
        }
        // The back end may have closed an idle connection just when we used it.
        if (!lease->reused || !exchange.repeatable()) co_return step.error();
        exchange.leave();
        freshness = HttpPool::Freshness::fresh;
    }
}

}  // namespace sallyport::agent
