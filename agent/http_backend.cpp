#include "agent/http_backend.hpp"

#include "agent/connect_for.hpp"
#include "agent/internal_authority.hpp"
#include "base/error.hpp"
#include "net/within.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

namespace sallyport::agent {
namespace {

Error websocket_ended() { return {Errc::aborted, "its mapping was removed, closed or changed"}; }

/// Before the same host is asked again.
constexpr std::chrono::milliseconds retry_delay{100};

net::Task<Result<void>> pause_for(std::chrono::milliseconds time) {
    co_await net::sleep_for(time);
    co_return Result<void>();
}

bool shows_certificate(const LoginPtr& login) {
    return login != nullptr && login->certificate.has_value();
}

}  // namespace

/// One internal host, and the connections to it.
struct HttpBackend::Host {
    Host(HttpExchangeRules its_rules, HttpBackend& backend, Connector& connector,
         HttpPool::Limits limits)
        : rules(std::move(its_rules)), pool(backend.loop_, backend.sweep_, connector, limits) {}
    HttpExchangeRules rules;
    HttpPool pool;
};

HttpBackend::HttpBackend(net::Loop& loop, net::IdleSweep& sweep, Connector& connector,
                         Options options)
    : loop_(loop),
      sweep_(sweep),
      options_(std::move(options)),
      expiry_(sweep, [this] { end_websockets(); }) {
    add_host(connector, options_.internal_host, options_.internal_port);
}

void HttpBackend::retire() {
    retired_ = true;
    end_websockets();
}

void HttpBackend::end_websockets() {
    for (auto& one : upgrading_) {
        one.ended = true;
        one.event.set();
    }
}

HttpBackend::~HttpBackend() = default;

void HttpBackend::add_host(Connector& connector, const std::string& host, std::uint16_t port) {
    HttpExchangeRules rules{Rewrite(host, port, options_.virtual_authority),
                            internal_authority(host, port, options_.internal_tls),
                            options_.virtual_authority,
                            options_.host_header,
                            options_.strip,
                            options_.response_timeout,
                            options_.stall_timeout};
    const HttpPool::Limits limits{options_.connections, options_.waiting, options_.idle_timeout,
                                  options_.queue_timeout};
    hosts_.push_back(std::make_unique<Host>(std::move(rules), *this, connector, limits));
}

net::Task<Result<void>> HttpBackend::serve_hosts(const http::RequestHead& head, http::Body& up,
                                                 http::Answer& down, LoginPtr login,
                                                 ExchangeAudit* audit) {
    HttpExchange exchange(loop_, sweep_, hosts_.front()->rules, head, up, down);
    if (auto good = exchange.check(); !good) co_return good.error();
    std::optional<Upgrading> upgrading;
    if (!head.upgrade.empty() && is_closed()) co_return websocket_ended();
    if (!head.upgrade.empty()) upgrading_.push_back(upgrading.emplace(down.event()));
    HostAttempts attempts(*options_.state, audit);
    if (!attempts.begin(net::Loop::now())) co_return Error{Overload::circuit_open, {}};
    auto freshness = HttpPool::Freshness::any;
    while (true) {
        auto& host = *hosts_[attempts.host()];
        std::optional<HttpPool::Lease> lease;
        AttemptFacts facts{.shows_certificate = shows_certificate(login)};
        if (freshness == HttpPool::Freshness::any)
            lease = host.pool.take_idle(down.event(), login.get());
        if (!lease) {
            auto taken = co_await host.pool.take(down, login, freshness, connect_time(attempts),
                                                 exchange.expired());
            if (!taken) {
                attempts.failed(taken.error(), facts, net::Loop::now());
                freshness = HttpPool::Freshness::any;
                if (taken.error().code == Errc::limit) co_return taken.error();
                const auto unsent = exchange.failed(false);
                const bool more = co_await go_on(attempts, unsent, down);
                if (!more) co_return taken.error();
                continue;
            }
            lease = std::move(*taken);
        }
        if (upgrading && upgrading->ended) co_return websocket_ended();
        if (lease->reused && exchange.careful() && !lease->wire->quiet()) continue;
        exchange.begin(*lease->wire, login.get(), host.rules);
        auto step = exchange.step();
        while (step && *step == HttpExchange::Step::wait) {
            if (exchange.status() != 0) attempts.answered(exchange.status());
            co_await down.event().wait();
            if (upgrading && upgrading->ended) co_return websocket_ended();
            step = exchange.step();
        }
        if (exchange.status() != 0) attempts.answered(exchange.status());
        if (step) {
            if (exchange.reusable()) host.pool.put(std::move(*lease));
            co_return Result<void>();
        }
        // The back end may have closed an idle connection just when we used it.
        if (lease->reused && exchange.repeatable()) {
            exchange.leave();
            freshness = HttpPool::Freshness::fresh;
            attempts.again();
            continue;
        }
        facts.connected = true;
        facts.request_out = exchange.request_out();
        attempts.failed(step.error(), facts, net::Loop::now());
        const auto failed = exchange.failed(true);
        exchange.leave();
        lease.reset();
        freshness = HttpPool::Freshness::any;
        const bool more = co_await go_on(attempts, failed, down);
        if (!more) co_return step.error();
    }
}

/// Whether there is another attempt, which has begun then.
net::Task<bool> HttpBackend::go_on(HostAttempts& attempts, const FailedAttempt& failed,
                                   http::Answer& down) const {
    using namespace boost::asio::experimental::awaitable_operators;
    const auto next = attempts.next(failed, net::Loop::now());
    if (next == NextAttempt::none) co_return false;
    if (next == NextAttempt::same_host) {
        auto pausing = pause_for(retry_delay);
        auto leaving = until_left(down);
        auto first = co_await (std::move(pausing) || std::move(leaving));
        if (first.index() != 0) co_return false;
    }
    co_return attempts.begin(net::Loop::now());
}

std::chrono::milliseconds HttpBackend::connect_time(const HostAttempts& attempts) const {
    if (hosts_.size() == 1 || !attempts.has_another(net::Loop::now()))
        return options_.connect_timeout;
    return std::min(options_.connect_timeout, connect_timeout_of_many);
}

std::size_t HttpBackend::idle_connections() const {
    return std::accumulate(hosts_.begin(), hosts_.end(), std::size_t{0},
                           [](auto sum, const auto& host) { return sum + host->pool.idle(); });
}

std::size_t HttpBackend::open_connections() const {
    return std::accumulate(hosts_.begin(), hosts_.end(), std::size_t{0},
                           [](auto sum, const auto& host) { return sum + host->pool.open(); });
}

std::size_t HttpBackend::waiting_exchanges() const {
    return std::accumulate(hosts_.begin(), hosts_.end(), std::size_t{0},
                           [](auto sum, const auto& host) { return sum + host->pool.waiting(); });
}

void HttpBackend::close_idle() {
    for (auto& host : hosts_) host->pool.close_idle();
}

}  // namespace sallyport::agent
