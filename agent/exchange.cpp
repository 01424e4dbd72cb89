#include "agent/exchange.hpp"

#include "agent/backends.hpp"
#include "agent/exchange_record.hpp"
#include "agent/held_answer.hpp"
#include "agent/refusals.hpp"
#include "audit/events.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

#include <array>

namespace sallyport::agent {
namespace {

/// The values of the method override headers, in order; all of them must agree (docs/PROTOCOL.md).
struct Overrides {
    static constexpr std::size_t count_max = 8;  // the ninth cannot make them agree any more
    std::array<std::string_view, count_max> values;
    std::size_t count = 0;

    explicit Overrides(http::Fields fields) {
        for (const auto& field : fields) {
            if (count == count_max) break;
            if (!field.name.starts_with("x-")) continue;
            if (field.name == "x-http-method" || field.name == "x-http-method-override" ||
                field.name == "x-method-override")
                values[count++] = field.value;
        }
    }
    std::span<const std::string_view> all() const { return std::span(values).first(count); }
};

void log_failure(const http::RequestHead& head, const mappings::Mapping& mapping,
                 const Error& error) {
    log::warn("exchange.failed", {{"exchange", head.facts.exchange_id},
                                  {"virtual_host", mapping.virtual_host.text()},
                                  {"internal", mapping.internal.text()},
                                  {"error", to_text(error)}});
}

}  // namespace

Exchange::Exchange(std::string hub, std::string location, AuditGate& gate, Backends& backends,
                   SitePtr site)
    : hub_(std::move(hub)),
      location_(std::move(location)),
      gate_(gate),
      backends_(backends),
      site_(std::move(site)) {}

net::Task<Result<void>> Exchange::serve(const http::RequestHead& head, http::Body& up,
                                        http::Answer& down) {
    const SitePtr site = site_;
    ExchangeRecord record(gate_.log(), hub_, location_, head, site->config.audit.query_strings);
    HeldAnswer held(down);
    CountedBody body(up);
    AuditGate::Commit commit(down.event());

    // 1. Is there a mapping, and does a rule allow this? What no rule names does not exist.
    const Overrides overrides(head.fields);
    const mappings::Access wanted{.authority = head.authority,
                                  .target = head.target,
                                  .method = head.method,
                                  .method_overrides = overrides.all(),
                                  .upgrade = !head.upgrade.empty()};
    const auto decision = site->table.decide(wanted);
    if (!decision.allowed()) {
        const auto refusal = refusal_of(decision, wanted);
        http::answer(held, refusal, culprit, head.facts.exchange_id);
        gate_.request(commit, record.refuse(refusal.status, refusal.code));
        while (commit.pending()) co_await down.event().wait();
        held.release();
        co_return Result<void>{};
    }

    // 2. The record is safe before the back end sees a byte.
    if (gate_.log().admits()) {
        gate_.request(commit, record.begin(decision));
        while (commit.pending()) co_await down.event().wait();
    }
    if (!gate_.log().admits()) {
        record.end(audit::outcome::failed, 503, "audit_unavailable", 0, 0);
        http::answer(held, audit_unavailable(), culprit, head.facts.exchange_id);
        held.release();
        co_return Result<void>{};
    }

    // 3. The connection for this mapping answers.
    const auto backend = backends_.find(site, *decision.mapping);
    auto outcome = co_await backend->serve(head, body, held);

    // 4. Exactly one end, written before the caller learns that it is over.
    std::string_view word = audit::outcome::answered;
    std::string_view reason;
    if (!outcome) {
        log_failure(head, *decision.mapping, outcome.error());
        const auto refusal = refusal_of(outcome.error(), head.authority);
        word = outcome_of(outcome.error());
        reason = refusal.code;
        if (!held.started()) http::answer(held, refusal, culprit, head.facts.exchange_id);
    }
    gate_.request(commit, record.end(word, held.status(), reason, body.bytes(), held.bytes()));
    while (commit.pending()) co_await down.event().wait();
    if (held.finished()) {
        held.release();
        co_return Result<void>{};
    }
    const auto why = outcome ? Error{Errc::cut, "the answer was not finished"} : outcome.error();
    held.abort(why);
    co_return why;
}

}  // namespace sallyport::agent
