#include "hub/ingress.hpp"

#include "base/error.hpp"
#include "http/hygiene.hpp"
#include "hub/absolute_form.hpp"
#include "hub/access_key.hpp"
#include "hub/refusals.hpp"
#include "mappings/authority_name.hpp"
#include "tunnel/client_end.hpp"

#include <algorithm>
#include <array>
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

constexpr std::string_view user_field = "sap-connectivity-authentication";
constexpr std::string_view technical_field = "sap-connectivity-technical-authentication";

/// Fields that say who asks: of two lines, two readers could take different ones.
bool stands_twice(http::Fields fields) {
    return std::ranges::any_of(
        std::array{std::string_view("proxy-authorization"), user_field, technical_field},
        [&](auto name) { return std::ranges::count(fields, name, &http::Field::name) > 1; });
}

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
    const http::RequestHead& head;
    AccessEntry& entry;
};

/// Where to go on with a request.
struct Ingress::Place {
    tunnel::ClientEnd* link = nullptr;
    bool elsewhere = false;  // another worker has taken it
};

namespace {

/// The hub's own answer, and its code for the record.
void refuse(AccessEntry& entry, const http::Refusal& refusal, const ExchangeId& id) {
    entry.refused(refusal.code);
    http::answer(entry.answer(), refusal, culprit, id.text());
}

/// One request of a client, however it ends.
struct UnderWay {
    UnderWay(ClientLimits& l, ClientLimits::Client& c, const http::Answer& d)
        : limits(l), client(c), down(d) {}
    ~UnderWay() { limits.done(client, down.aborted(), net::Loop::now()); }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    ClientLimits& limits;
    ClientLimits::Client& client;
    const http::Answer& down;
};

}  // namespace

Ingress::Ingress(std::size_t worker, net::IdleSweep& sweep, Registry& registry, LocalLinks& links,
                 TokenVerifier verifier, KeyWatch& keys, const Limits& limits,
                 std::shared_ptr<const Accounts> accounts)
    : worker_(worker),
      sweep_(sweep),
      registry_(registry),
      links_(links),
      verifier_(std::move(verifier)),
      keys_(keys),
      client_limits_(limits.client),
      limits_(limits),
      accounts_(std::move(accounts)),
      access_(limits.access),
      held_(limits.held) {}

void Ingress::tell_refused(const audit::TokenRefused& refused) {
    if (keys_.audit != nullptr) keys_.audit->refused(refused, std::chrono::steady_clock::now());
}

void Ingress::use(const Limits& limits) {
    limits_ = limits;
    client_limits_.use(limits.client);
    access_.use(limits.access);
}

net::Task<Result<void>> Ingress::serve_from(std::string_view peer, const http::RequestHead& head,
                                            http::Body& up, http::Answer& down) {
    const ExchangeId id(unix_time_ms(), random_.next());
    AccessEntry entry(access_, id.text(), head, up, down);

    // What is asked for, and in a form that can be judged.
    if (head.method == "CONNECT") {
        refuse(entry, connect_refused(), id);
        co_return Result<void>{};
    }
    const auto form = parse_absolute_form(head.target);
    if (!form) {
        refuse(entry, target_refused(form.error()), id);
        co_return Result<void>{};
    }
    const auto location = value_of(head.fields, "sap-connectivity-scc-location_id");
    entry.asked_for(form->authority, location);

    // Who asks, and for which tenant. Judged for each request.
    if (stands_twice(head.fields)) {
        refuse(entry,
               identity_refused("Proxy-Authorization and SAP-Connectivity-* may stand once "
                                "in a request."),
               id);
        co_return Result<void>{};
    }
    auto caller = verifier_.verify(value_of(head.fields, "proxy-authorization"), *accounts_,
                                   std::chrono::system_clock::now());
    if (!caller) {
        const auto& owner = verifier_.refused_owner();
        // Who shows none has yet to be asked for one.
        if (!value_of(head.fields, "proxy-authorization").empty())
            tell_refused({.exchange = id.text(),
                          .via = "http",
                          .remote = peer,
                          .tenant = owner.tenant_id,
                          .client = owner.client_id,
                          .location = location,
                          .virtual_host = mappings::name_of_authority(form->authority),
                          .code = "token_refused",
                          .reason = caller.error().detail});
        refuse(entry, token_refused(caller.error()), id);
        co_return Result<void>{};
    }
    // Ours as well: the verifier may forget the token while we wait.
    const std::shared_ptr<const Caller> asking = std::move(*caller);
    entry.asked_by(asking);
    if (!asking->user_token.empty() && !value_of(head.fields, user_field).empty()) {
        refuse(entry,
               identity_refused("The token in Proxy-Authorization was exchanged for a user "
                                "already: send no SAP-Connectivity-Authentication beside."),
               id);
        co_return Result<void>{};
    }

    const Wanted wanted{*form, *asking, location, id, head, entry};
    co_return co_await admit(wanted, down);
}

Result<std::shared_ptr<const Caller>> Ingress::identify(Credential kind, std::string_view text) {
    const auto now = std::chrono::system_clock::now();
    if (kind == Credential::access_token) {
        auto caller = verifier_.verify_token(text, *accounts_, now);
        refused_owner_ = verifier_.refused_owner();
        return caller;
    }
    auto caller = judge_access_key(text, *accounts_, now);
    refused_owner_ = caller ? CredentialOwner() : owner_of_key(text, *accounts_, caller.error());
    if (!caller) return caller;
    const auto* key = accounts_->find_access_key((*caller)->access_key);
    if (!key->used_at || *key->used_at + access_key_use_pause <= now) keys_.used(key->id);
    return caller;
}

Result<void> Ingress::may_go_on(const Caller& caller) const {
    return hub::may_go_on(caller, *accounts_);
}

void Ingress::note(RefusedHandshake refused) {
    const ExchangeId id(unix_time_ms(), random_.next());
    refused.exchange_id = id.text();
    access_.write(refused);
}

net::Task<Result<void>> Ingress::serve_stream(const StreamRequest& asked, http::Body& up,
                                              http::Answer& down) {
    const ExchangeId id(unix_time_ms(), random_.next());
    http::RequestHead head;
    head.method = "CONNECT";
    head.body = http::BodySize::until_end();
    AccessEntry entry(access_, id.text(), head, up, down);
    entry.asked_for(asked.authority, asked.location);
    entry.asked_by(asked.caller);
    if (const auto his = may_open(*asked.caller, asked.authority, *accounts_); !his) {
        const auto refusal = host_refused(his.error());
        tell_refused({.exchange = id.text(),
                      .via = asked.via,
                      .remote = asked.peer,
                      .tenant = asked.caller->tenant_id,
                      .client = asked.caller->client_id,
                      .location = asked.location,
                      .virtual_host = asked.authority,
                      .code = refusal.code,
                      .reason = his.error().detail});
        refuse(entry, refusal, id);
        co_return Result<void>{};
    }
    const AbsoluteForm form{.authority = asked.authority, .target = {}};
    const Wanted wanted{form, *asked.caller, asked.location, id, head, entry};
    co_return co_await admit(wanted, down);
}

/// What one client may have under way.
net::Task<Result<void>> Ingress::admit(const Wanted& wanted, http::Answer& down) {
    ClientLimits::Client* client = nullptr;
    const auto verdict = client_limits_.admit(wanted.caller.client_id, net::Loop::now(), client);
    if (verdict != ClientLimits::Verdict::admitted) {
        const bool aborts = verdict == ClientLimits::Verdict::too_many_aborts;
        refuse(wanted.entry, aborts ? too_many_aborts() : too_many_requests(), wanted.id);
        co_return Result<void>{};
    }
    const UnderWay under_way(client_limits_, *client, down);
    co_return co_await forward(wanted, wanted.entry.body(), wanted.entry.answer());
}

net::Task<Result<void>> Ingress::forward(const Wanted& wanted, http::Body& up, http::Answer& down) {
    const auto& head = wanted.head;
    std::vector<http::Field> fields;
    http::keep_request_fields(head.fields, fields);
    http::RequestHead onward = head;
    onward.authority = wanted.form.authority;
    onward.target = wanted.form.target;
    onward.fields = fields;
    onward.facts = {.exchange_id = wanted.id.text(),
                    .tenant = wanted.caller.tenant_id,
                    .client = wanted.caller.client_id,
                    .user_token = wanted.caller.user_token.empty()
                                      ? without_bearer(value_of(head.fields, user_field))
                                      : std::string_view(wanted.caller.user_token),
                    .technical_token = without_bearer(value_of(head.fields, technical_field))};

    Result<void> outcome;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        const auto place = co_await find_link(wanted, down);
        if (place.elsewhere) {
            wanted.entry.moved();
            co_return Result<void>{};
        }
        if (place.link == nullptr) {
            refuse(wanted.entry, no_agent(wanted.caller.tenant_id, wanted.location), wanted.id);
            co_return Result<void>{};
        }
        outcome = co_await place.link->serve(onward, up, down);
        // A link that was just going away has not taken it; another one, or the next, will.
        const bool again = !outcome && outcome.error().code == Errc::not_begun && !down.started() &&
                           !down.aborted();
        if (!again) break;
    }
    if (outcome) co_return outcome;
    wanted.entry.failed(outcome.error());
    if (!down.started() && !down.aborted()) {
        // A body that broke its own framing is the client's doing, not the agent's.
        const bool is_clients = up.state() == http::Body::State::cut;
        const auto refusal =
            is_clients ? target_refused({Errc::malformed, "The request body is malformed."})
                       : link_failed(outcome.error());
        refuse(wanted.entry, refusal, wanted.id);
        co_return Result<void>{};
    }
    co_return outcome;
}

net::Task<Ingress::Place> Ingress::find_link(const Wanted& wanted, http::Answer& down) {
    const auto& tenant = wanted.caller.tenant_id;
    const auto give_up = net::Loop::now() + limits_.held_time_max;
    LocalLinks::Waiter waiter(down.event());
    HoldDeadline deadline(down.event());
    HeldRequests::Place held(held_);
    while (true) {
        if (const auto* link = links_.find(tenant, wanted.location)) {
            wanted.entry.sent_to(link->agent);
            co_return Place{link->end, false};
        }
        const auto presence = registry_.find(tenant, wanted.location, net::Loop::now());
        const auto elsewhere = presence.workers & ~(std::uint64_t{1} << worker_);
        if (elsewhere != 0 && down.relocate(static_cast<std::size_t>(std::countr_zero(elsewhere))))
            co_return Place{nullptr, true};
        // A request that can no longer move waits for the link of this worker: the agent keeps one
        // for each.
        const bool will_come = presence.restarting || elsewhere != 0;
        if (!will_come || down.aborted() || net::Loop::now() >= give_up) co_return Place{};
        if (!held.take(wanted.head)) co_return Place{};
        links_.wait(waiter);
        sweep_.add(deadline, give_up);
        co_await down.event().wait();
    }
}

}  // namespace sallyport::hub
