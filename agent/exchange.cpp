#include "agent/exchange.hpp"

#include "agent/backends.hpp"
#include "agent/deliveries.hpp"
#include "agent/exchange_audit.hpp"
#include "agent/exchange_measure.hpp"
#include "agent/exchange_route.hpp"
#include "agent/held_answer.hpp"
#include "agent/move_destination.hpp"
#include "agent/overload.hpp"
#include "agent/refusals.hpp"
#include "audit/entry.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "http/hygiene.hpp"
#include "http/trace_context.hpp"
#include "mappings/authority_name.hpp"
#include "mappings/exposure.hpp"

#include <array>
#include <optional>
#include <utility>

namespace sallyport::agent {
namespace {

/// Back ends behind CGI-like interfaces cannot tell X_HTTP_Method from X-HTTP-Method.
bool is_override(std::string_view name) {
    return name.starts_with('x') && (http::same_name(name, "x-http-method") ||
                                     http::same_name(name, "x-http-method-override") ||
                                     http::same_name(name, "x-method-override"));
}

/// The values of the method override headers, in order; all of them must agree (docs/PROTOCOL.md).
struct MethodOverrides {
    static constexpr std::size_t count_max = 8;  // a ninth is one too many to be honest
    std::array<std::string_view, count_max + 1> values;
    std::size_t count = 0;

    explicit MethodOverrides(http::Fields fields) {
        for (const auto& field : fields) {
            if (!is_override(field.name)) continue;
            if (count == count_max) values[0] = {};  // names no method: the request is refused
            values[std::min(count++, count_max)] = field.value;
        }
        count = std::min(count, count_max + 1);
    }
    std::span<const std::string_view> all() const { return std::span(values).first(count); }
};

/// However an exchange ends, also when the agent does: what moved is on record.
struct Counting {
    Counting(audit::Entry& e, const CountedBody& u, const HeldAnswer& d, const ExchangeRoute& r)
        : entry(e), up(u), down(d), route(r) {}
    ~Counting() { add(); }
    Counting(const Counting&) = delete;
    Counting& operator=(const Counting&) = delete;
    void add() {
        if (std::exchange(added, true)) return;
        entry.add_request_bytes(up.bytes());
        entry.add_response_bytes(down.bytes());
        entry.set_attempts(route.attempts(), route.moved_to());
    }
    audit::Entry& entry;
    const CountedBody& up;
    const HeldAnswer& down;
    const ExchangeRoute& route;
    bool added = false;
};

bool is_gone(const HeldAnswer& down, const CountedBody& up) {
    return down.aborted() || up.state() == http::Body::State::cut;
}

void set_user(audit::ExchangeBegin& exchange, const certs::Principal& principal) {
    exchange.user = principal.name;
    exchange.user_type = certs::to_text(principal.type);
    exchange.issuer = principal.issuer;
}

/// Why an exchange was ended that nobody gave up: its mapping is closed, gone or another one.
std::string_view reason_of_end(const mappings::Table& table, std::string_view authority) {
    const auto* mapping = table.find(authority);
    if (mapping == nullptr) return "mapping_changed";
    const auto closing = mappings::closing_of(*mapping, std::chrono::system_clock::now());
    return closing == mappings::Closing::none ? "mapping_changed" : mappings::to_text(closing);
}

void log_failure(const http::RequestHead& head, const mappings::Mapping& mapping,
                 const ExchangeRoute& route, const Error& error) {
    // A caller may go away as often as it likes without filling the log; the audit has each of
    // them.
    const auto level = error.code == Errc::aborted ? log::Level::debug : log::Level::warn;
    log::write(level, "exchange.failed",
               {{"exchange", head.facts.exchange_id},
                {"virtual_host", mapping.virtual_host.text()},
                {"internal", route.internal_host()},
                {"error", to_text(error)}});
}

}  // namespace

Exchange::Exchange(std::string hub, std::string location, AuditGate& gate, Principals& principals,
                   Deliveries& deliveries, Backends& backends, Meter& meter, SitePtr site)
    : hub_(std::move(hub)),
      location_(std::move(location)),
      gate_(gate),
      principals_(principals),
      deliveries_(deliveries),
      backends_(backends),
      meter_(meter),
      site_(std::move(site)) {}

net::Task<Result<void>> Exchange::serve(const http::RequestHead& head, http::Body& up,
                                        http::Answer& down) {
    const SitePtr site = site_;
    const bool with_query = site->config.query_strings;
    const auto virtual_host = mappings::name_of_authority(head.authority);
    audit::ExchangeBegin known;
    known.exchange = head.facts.exchange_id;
    known.tenant = head.facts.tenant;
    known.client = head.facts.client;
    known.hub = hub_;
    known.location = location_;
    known.virtual_host = virtual_host;
    known.method = head.method;
    known.path = with_query ? head.target : head.target.substr(0, head.target.find('?'));
    known.trace = http::trace_id_of(head.fields);
    std::string rule;     // the entry looks at these when it ends
    ExchangeRoute route;  // likewise
    std::optional<MoveDestination> destination;
    certs::PrincipalPtr principal;
    Deliveries::Delivery delivery;
    ExchangeMeasure measure(meter_, line_);
    audit::Entry entry(gate_.log(), known, &measure);
    // The two ends of a stream are the caller's and the back end's own: none is held back.
    const bool is_stream = head.is_stream();
    if (is_stream || !head.upgrade.empty()) measure.lasts();
    HeldAnswer held(down, is_stream ? HeldAnswer::End::passes : HeldAnswer::End::held);
    CountedBody body(up);
    Counting counting(entry, body, held, route);
    AuditGate::Commit commit(down.event());

    // 1. Is there a mapping, and does a rule allow this? What no rule names does not exist.
    const MethodOverrides overrides(head.fields);
    const mappings::Access wanted{.authority = head.authority,
                                  .target = head.target,
                                  .method = head.method,
                                  .method_overrides = overrides.all(),
                                  .upgrade = !head.upgrade.empty(),
                                  .stream = is_stream,
                                  .hub = hub_};
    const auto now = std::chrono::system_clock::now();
    const auto decision = site->table.decide(wanted, now);
    measure.decided(decision.mapping, decision.rule_number, entry.opened());
    if (!decision.allowed()) {
        principal = recognize(entry, site, head, down.event());
        const auto refusal = refusal_of(decision, wanted);
        co_return co_await refuse(refusal, entry, held, mappings::hidden_reason(decision.denial));
    }

    // A file is moved to a place that must be allowed as well.
    destination = judge_destination(site->table, decision, wanted, head, now);
    if (destination) entry.exchange().destination = destination->target;
    if (destination && destination->refusal) {
        principal = recognize(entry, site, head, down.event());
        co_return co_await refuse(*destination->refusal, entry, held, destination->hidden_reason);
    }

    if (decision.rule != nullptr)
        rule = std::to_string(decision.rule_number) + ":" + decision.rule->path;
    const auto backend = backends_.find(site, *decision.mapping);
    route.plan(*decision.mapping, backend->next_host(net::Loop::now()), decision.internal_port,
               entry.exchange());
    entry.exchange().rule = rule;
    entry.exchange().method = decision.effective_method;

    // 2. On whose behalf? Verified here: what a hub says about users proves nothing.
    Principals::Question question(down.event());
    principals_.resolve(question, site, decision.mapping->principal, head.facts, now);
    while (question.pending()) {
        if (down.aborted()) co_return co_await give_up(entry, held);
        co_await down.event().wait();
    }
    if (question.refusal()) co_return co_await refuse(*question.refusal(), entry, held);
    principal = question.principal();
    if (principal != nullptr) set_user(entry.exchange(), *principal);
    // Whether the mapping takes another one now; nobody is logged on for one that it does not.
    if (const auto wait = backend->take(net::Loop::now()))
        co_return co_await refuse(refusal_of(wait->why, head.authority, wait->wait), entry, held);
    auto chosen = deliveries_.choose(*site, *decision.mapping, principal.get(),
                                     std::chrono::system_clock::now());
    auto outcome = chosen ? Result<void>() : Result<void>(chosen.error());
    if (chosen) {
        delivery = std::move(*chosen);
        entry.exchange().principal = delivery.text;
        // Before the begin, since a KDC that says no makes it a refusal, which has none. A token
        // server or a KDC learns here who logs on; no byte of the request goes anywhere.
        outcome = co_await deliveries_.complete(delivery, held);
    }
    if (!outcome && says_no(outcome.error())) {
        log_failure(head, *decision.mapping, route, outcome.error());
        co_return co_await refuse(login_failed(outcome.error(), head.authority), entry, held);
    }

    const auto& mapping = *decision.mapping;
    if (mapping.principal.looks_at_tokens() || mapping.system_certificate) measure.has_principal();

    // 3. The record is safe before the back end sees a byte, or policy is to do without.
    bool admitted = gate_.log().admits();
    if (admitted) {
        gate_.begin(commit, entry);
        while (commit.pending()) co_await down.event().wait();
        admitted = commit.safe() || gate_.log().on_failure() == audit::OnFailure::degrade;
    }
    if (!admitted) {
        http::answer(held, audit_unavailable(), culprit, head.facts.exchange_id);
        counting.add();
        entry.close({audit::outcome::failed, held.status(), "audit_unavailable"});
        held.release();
        co_return Result<void>{};
    }

    // 4. The connection for this mapping and this user answers.
    const bool has_login = outcome.has_value();
    ExchangeAudit inside(gate_, entry.exchange(), &route);
    measure.admitted();
    if (has_login)
        outcome = co_await backend->serve_recorded(head, body, held, delivery.login, inside);
    measure.answered(held.started_at());
    deliveries_.answered(delivery, held.status());

    // 5. Exactly one end, written before the caller learns that it is over.
    std::string_view word = audit::outcome::answered;
    std::string_view reason = inside.reason();
    if (!inside.outcome().empty()) word = inside.outcome();
    bool broke = false;  // a stream, maybe after its answer has ended
    if (!outcome) {
        log_failure(head, *decision.mapping, route, outcome.error());
        const auto refusal = has_login ? refusal_of(outcome.error(), head.authority)
                                       : login_failed(outcome.error(), head.authority);
        const bool has_gone = outcome.error().code == Errc::aborted && is_gone(held, body);
        if (inside.outcome().empty()) {
            word = outcome_of(outcome.error());
            reason = refusal.code;
            if (outcome.error().code == Errc::aborted)
                reason = has_gone ? "caller_gone" : reason_of_end(site_->table, head.authority);
        }
        broke = is_stream && held.started();
        // Who has gone sees no answer.
        if (!held.started() && !has_gone)
            http::answer(held, refusal, culprit, head.facts.exchange_id);
    }
    counting.add();
    gate_.close(commit, entry, {word, held.status(), reason});
    while (commit.pending()) co_await down.event().wait();
    if (held.finished() && !broke) {
        held.release();
        co_return Result<void>{};
    }
    const auto why = outcome ? Error{Errc::cut, "the answer was not finished"} : outcome.error();
    held.abort(why);
    co_return why;
}

certs::PrincipalPtr Exchange::recognize(audit::Entry& entry, const SitePtr& site,
                                        const http::RequestHead& head, net::Event& event) {
    Principals::Question question(event);
    principals_.recognize(question, site, head.facts, std::chrono::system_clock::now());
    if (question.refusal()) entry.set_token_fault(question.refusal()->code);
    if (question.principal() != nullptr) set_user(entry.exchange(), *question.principal());
    return question.principal();
}

net::Task<Result<void>> Exchange::refuse(const http::Refusal& refusal, audit::Entry& entry,
                                         HeldAnswer& held, std::string_view hidden_reason) {
    AuditGate::Commit commit(held.event());
    http::answer(held, refusal, culprit, entry.exchange().exchange);
    entry.add_response_bytes(held.bytes());
    const auto reason = hidden_reason.empty() ? refusal.code : hidden_reason;
    gate_.close(commit, entry, {audit::outcome::refused, refusal.status, reason});
    while (commit.pending()) co_await held.event().wait();
    held.release();
    co_return Result<void>{};
}

/// The caller has gone before anything was done for him.
net::Task<Result<void>> Exchange::give_up(audit::Entry& entry, HeldAnswer& held) {
    AuditGate::Commit commit(held.event());
    gate_.close(commit, entry, {audit::outcome::aborted, 0, "caller_gone"});
    while (commit.pending()) co_await held.event().wait();
    const Error gone{Errc::aborted, "the caller went away"};
    held.abort(gone);
    co_return gone;
}

}  // namespace sallyport::agent
