#include "agent/health_checks.hpp"

#include "agent/internal_authority.hpp"
#include "base/dice.hpp"
#include "base/error.hpp"
#include "http/fetch.hpp"
#include "mappings/exposure.hpp"
#include "net/within.hpp"

#include <utility>

namespace sallyport::agent {
namespace {

/// While as many checks as there may be are under way.
constexpr std::chrono::milliseconds turn_wait{50};

std::chrono::milliseconds part_of(std::chrono::milliseconds time, double part) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time * part);
}

/// One of those that run at once.
struct Turn {
    explicit Turn(std::size_t& n) : count(n) { ++count; }
    ~Turn() { --count; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    std::size_t& count;
};

std::string host_field(const mappings::Mapping& mapping, const mappings::InternalHost& internal) {
    if (mapping.host_header == mappings::HostHeader::virtual_host)
        return mapping.virtual_host.text();
    return internal_authority(internal.host, internal.ports.first, mapping.is_tls());
}

}  // namespace

/// Kept by the coroutine that watches it.
struct HealthChecks::Host {
    mappings::HealthRules rules;
    std::string host_field;
    std::unique_ptr<Connector> connector;
    MappingStatePtr state;
    std::size_t index = 0;
};

std::optional<std::string> why_unhealthy(int status) {
    constexpr int server_error = 500;  // anything below is an answer: 401 and 404 say it is alive
    if (status < server_error) return std::nullopt;
    return "it answered " + std::to_string(status);
}

HealthChecks::HealthChecks(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool,
                           std::shared_ptr<MappingStates> states)
    : loop_(loop), ways_(loop, sweep, pool), states_(std::move(states)), tasks_(loop) {}

void HealthChecks::use(const SitePtr& site) {
    // Before the loop runs a cancel would come behind what is spawned now, and end it.
    if (!tasks_.empty()) tasks_.cancel();
    const auto now = std::chrono::system_clock::now();
    for (const auto& mapping : site->table.mappings()) {
        if (!mapping.health || !mappings::is_there(mapping, now)) continue;
        const auto state = states_->of(mapping);
        for (std::size_t i = 0; i < mapping.host_count(); ++i) {
            auto host = std::make_shared<Host>();
            host->rules = *mapping.health;
            host->host_field = host_field(mapping, mapping.host(i));
            host->connector = ways_.to(*site, mapping, i)(mapping.host(i).ports.first);
            host->state = state;
            host->index = i;
            tasks_.spawn("health", watch(std::move(host)));
        }
    }
}

net::Task<void> HealthChecks::stop() {
    tasks_.cancel();
    co_await tasks_.join();
    co_await ways_.ssh_hosts().stop();
}

/// Not all at the same moment, after a start neither.
net::Task<void> HealthChecks::watch(std::shared_ptr<const Host> host) {
    constexpr double part = 0.2;
    co_await net::sleep_for(part_of(host->rules.interval, part * throw_dice()));
    while (true) {
        while (running_ >= checks_max) co_await net::sleep_for(turn_wait);
        Result<void> well;
        {
            const Turn turn(running_);
            well = co_await check(*host);
        }
        const auto why = well ? std::string("it answers") : to_text(well.error());
        host->state->host(host->index).checked(well.has_value(), net::Loop::now(), why);
        co_await net::sleep_for(part_of(host->rules.interval, 1 - part / 2 + part * throw_dice()));
    }
}

net::Task<Result<void>> HealthChecks::check(const Host& host) {
    const auto deadline = net::deadline_in(host.rules.timeout);
    auto connection = co_await host.connector->connect(nullptr, deadline);
    if (!connection) co_return connection.error();
    if (host.rules.path.empty()) co_return Result<void>();
    http::FetchRequest request{.target = host.rules.path,
                               .host = host.host_field,
                               .fields = {{"user-agent", "sallyport-health-check"}}};
    auto fetching = http::fetch(loop_, **connection, std::move(request), deadline);
    const auto answer = co_await std::move(fetching);
    if (!answer && answer.error().code == Errc::limit) co_return Result<void>();  // long, but there
    if (!answer) co_return answer.error();
    if (const auto why = why_unhealthy(answer->status))
        co_return Error{Errc::unavailable, "GET " + host.rules.path + ": " + *why};
    co_return Result<void>();
}

}  // namespace sallyport::agent
