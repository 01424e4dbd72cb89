#include "hub/ingress.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "http/hygiene.hpp"
#include "hub/absolute_form.hpp"
#include "hub/refusals.hpp"
#include "tunnel/client_end.hpp"

#include <bit>
#include <chrono>

namespace sallyport::hub {
namespace {

constexpr int attempts_max = 4;  // to hand one request to a link that takes it

std::uint64_t unix_time_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::string_view value_of(http::Fields fields, std::string_view name) {
    const auto* field = http::find(fields, name);
    return field == nullptr ? std::string_view() : field->value;
}

/// Wakes a request that waits for an agent when it has waited long enough.
struct HoldDeadline final : net::IdleSweep::Watched {
    explicit HoldDeadline(net::Event& e) : event(e) {}
    void on_deadline() override { event.set(); }
    net::Event& event;
};

/// "Bearer x" -> "x"; anything else as it is: the agent judges tokens, not the hub.
std::string_view without_bearer(std::string_view value) {
    constexpr std::string_view scheme = "bearer ";
    if (!equal_ignoring_case(value.substr(0, scheme.size()), scheme)) return value;
    return value.substr(scheme.size());
}

}  // namespace

/// What the request asks for, after the token was verified. Views into the head and the verifier.
struct Ingress::Wanted {
    AbsoluteForm form;
    const Caller& caller;
    std::string_view location;
    const ExchangeId& id;
};

/// Where to go on with a request.
struct Ingress::Place {
    tunnel::ClientEnd* link = nullptr;
    bool elsewhere = false;  // another worker has taken it
};

Ingress::Ingress(std::size_t worker, net::IdleSweep& sweep, Registry& registry, LocalLinks& links,
                 TokenVerifier verifier, const Limits& limits,
                 std::shared_ptr<const Accounts> accounts)
    : worker_(worker),
      sweep_(sweep),
      registry_(registry),
      links_(links),
      verifier_(std::move(verifier)),
      client_limits_(limits.client),
      limits_(limits),
      accounts_(std::move(accounts)) {}

net::Task<Result<void>> Ingress::serve(const http::RequestHead& head, http::Body& up,
                                       http::Answer& down) {
    const ExchangeId id(unix_time_ms(), random_.next());

    // What is asked for, and in a form that can be judged.
    if (head.method == "CONNECT") {
        refuse(down, connect_refused(), id);
        co_return Result<void>{};
    }
    const auto form = parse_absolute_form(head.target);
    if (!form) {
        refuse(down, target_refused(form.error()), id);
        co_return Result<void>{};
    }

    // Who asks, and for which tenant. Judged for each request.
    auto caller = verifier_.verify(value_of(head.fields, "proxy-authorization"), *accounts_,
                                   std::chrono::system_clock::now());
    if (!caller) {
        refuse(down, token_refused(caller.error()), id);
        co_return Result<void>{};
    }
    // Ours as well: the verifier may forget the token while we wait.
    const std::shared_ptr<const Caller> asking = std::move(*caller);

    ClientLimits::Client* client = nullptr;
    const auto verdict = client_limits_.admit(asking->client_id, net::Loop::now(), client);
    if (verdict != ClientLimits::Verdict::admitted) {
        refuse(down,
               verdict == ClientLimits::Verdict::too_many_aborts ? too_many_aborts()
                                                                 : too_many_requests(),
               id);
        co_return Result<void>{};
    }

    const Wanted wanted{*form, *asking, value_of(head.fields, "sap-connectivity-scc-location_id"),
                        id};
    auto outcome = co_await forward(head, wanted, up, down);
    client_limits_.done(*client, down.aborted(), net::Loop::now());
    co_return outcome;
}

net::Task<Result<void>> Ingress::forward(const http::RequestHead& head, const Wanted& wanted,
                                         http::Body& up, http::Answer& down) {
    std::vector<http::Field> fields;
    http::keep_request_fields(head.fields, fields);
    http::RequestHead onward = head;
    onward.authority = wanted.form.authority;
    onward.target = wanted.form.target;
    onward.fields = fields;
    onward.facts = {
        .exchange_id = wanted.id.text(),
        .tenant = wanted.caller.tenant_id,
        .client = wanted.caller.client_id,
        .user_token = without_bearer(value_of(head.fields, "sap-connectivity-authentication")),
        .technical_token =
            without_bearer(value_of(head.fields, "sap-connectivity-technical-authentication"))};

    Result<void> outcome;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        const auto place = co_await find_link(wanted, down);
        if (place.elsewhere) co_return Result<void>{};
        if (place.link == nullptr) {
            refuse(down, no_agent(wanted.caller.tenant_id, wanted.location), wanted.id);
            co_return Result<void>{};
        }
        outcome = co_await place.link->serve(onward, up, down);
        // A link that was just going away has not taken it; another one, or the next, will.
        const bool again = !outcome && outcome.error().code == Errc::not_begun && !down.started() &&
                           !down.aborted();
        if (!again) break;
    }
    if (outcome) {
        ++counters_.answered;
        co_return outcome;
    }
    ++(down.aborted() ? counters_.aborted : counters_.failed);
    log::debug("exchange.failed", {{"exchange", wanted.id.text()},
                                   {"client", wanted.caller.client_id},
                                   {"error", to_text(outcome.error())}});
    if (!down.started() && !down.aborted()) {
        // A body that broke its own framing is the client's doing, not the agent's.
        const bool is_clients = up.state() == http::Body::State::cut;
        const auto refusal =
            is_clients ? target_refused({Errc::malformed, "The request body is malformed."})
                       : link_failed(outcome.error());
        http::answer(down, refusal, culprit, wanted.id.text());
        co_return Result<void>{};
    }
    co_return outcome;
}

net::Task<Ingress::Place> Ingress::find_link(const Wanted& wanted, http::Answer& down) {
    const auto& tenant = wanted.caller.tenant_id;
    const auto give_up = net::Loop::now() + limits_.held_time_max;
    LocalLinks::Waiter waiter(down.event());
    HoldDeadline deadline(down.event());
    while (true) {
        if (auto* link = links_.find(tenant, wanted.location)) co_return Place{link, false};
        const auto presence = registry_.find(tenant, wanted.location, net::Loop::now());
        const auto elsewhere = presence.workers & ~(std::uint64_t{1} << worker_);
        if (elsewhere != 0 && down.relocate(static_cast<std::size_t>(std::countr_zero(elsewhere))))
            co_return Place{nullptr, true};
        // A request that can no longer move waits for the link of this worker: the agent keeps one
        // for each.
        const bool will_come = presence.restarting || elsewhere != 0;
        if (!will_come || down.aborted() || net::Loop::now() >= give_up) co_return Place{};
        if (!waiter.is_linked() && links_.waiting() >= limits_.held_max) co_return Place{};
        links_.wait(waiter);
        sweep_.add(deadline, give_up);
        co_await down.event().wait();
    }
}

void Ingress::refuse(http::Answer& down, const http::Refusal& refusal, const ExchangeId& id) {
    ++counters_.refused;
    log::debug("exchange.refused",
               {{"exchange", id.text()}, {"status", refusal.status}, {"code", refusal.code}});
    http::answer(down, refusal, culprit, id.text());
}

}  // namespace sallyport::hub
