#include "hub/witness_decision.hpp"

#include "base/error.hpp"
#include "tlog/spelling.hpp"
#include "tlog/witness.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::hub {
namespace {

/// An offer in its parts.
struct Offer {
    tlog::AddCheckpoint request;
    tlog::Checkpoint checkpoint;
    std::vector<tlog::VerifierKey> keys;  // that the agent says are the log's
};

Result<Offer> read(const tunnel::Checkpoint& message) {
    auto note = tlog::Note::parse(message.note);
    if (!note) return note.error();
    auto checkpoint = tlog::Checkpoint::parse(note->text);
    if (!checkpoint) return checkpoint.error();
    Offer offer{{message.old_size, {}, std::move(*note)}, std::move(*checkpoint), {}};
    for (const auto& text : message.proof) {
        const auto hash = tlog::parse_hash(text);
        if (!hash) return hash.error();
        offer.request.proof.push_back(*hash);
    }
    for (const auto& text : message.keys) {
        auto key = tlog::VerifierKey::parse(text);
        if (!key) return key.error();
        if (key->name() != offer.checkpoint.origin || key->type() == tlog::KeyType::cosignature)
            return Error{Errc::malformed, "a key of another log"};
        offer.keys.push_back(std::move(*key));
    }
    if (offer.keys.empty()) return Error{Errc::malformed, "no key of the log"};
    return offer;
}

/// What was countersigned last, as far as a decision needs it.
Result<tlog::WitnessedLog> known_of(const KnownLog& log) {
    tlog::WitnessedLog known{.origin = log.origin, .keys = {}};
    for (const auto& text : log.keys) {
        auto key = tlog::VerifierKey::parse(text);
        if (!key) return key.error();
        known.keys.push_back(std::move(*key));
    }
    if (log.note.empty()) return known;  // it is expected, see expect_successor()
    const auto note = tlog::Note::parse(log.note);
    if (!note) return note.error();
    const auto checkpoint = tlog::Checkpoint::parse(note->text);
    if (!checkpoint) return checkpoint.error();
    known.size = checkpoint->size;
    known.root = checkpoint->root;
    return known;
}

tunnel::WitnessRefused refusal(std::string code, std::uint64_t size, std::string text) {
    return {std::move(code), size, std::move(text)};
}

bool is_alarming(tlog::Refusal reason) {
    return reason == tlog::Refusal::fork || reason == tlog::Refusal::rollback ||
           reason == tlog::Refusal::bad_proof || reason == tlog::Refusal::unknown_key;
}

WitnessDecision alarmed(AgentLogs& own, tunnel::WitnessRefused refused, std::string log,
                        TimePoint now) {
    WitnessDecision decision{refused, {}};
    auto alarm = raise(own, std::move(log), refused.code, refused.text, now);
    if (alarm) decision.raised.push_back({own.agent, std::move(*alarm)});
    return decision;
}

/// A key that a checkpoint of the known one names, and that signs it as well, follows it.
void take_key_change(KnownLog& log, const Offer& offer) {
    const auto text = offer.keys.back().to_text();
    if (std::ranges::find(log.keys, text) != log.keys.end()) return;
    if (!offer.checkpoint.names_successor(text)) return;
    if (offer.request.note.verify({&offer.keys.back(), 1})) log.keys = {text};
}

/// The log becomes known once this is accepted.
Result<KnownLog> begin_log(const AgentLogs& own, const Offer& offer, TimePoint now) {
    const auto alarms = std::ranges::count_if(
        own.logs, [&](const KnownLog& log) { return !own.is_quiet(log.origin); });
    if (alarms >= static_cast<std::ptrdiff_t>(logs_with_alarm_max))
        return Error{Errc::limit, "this agent has begun " + std::to_string(alarms) +
                                      " logs that nobody has looked at; the hub's administrator "
                                      "runs: sallyport-hub witness accept"};
    return KnownLog{.origin = offer.checkpoint.origin,
                    .keys = {offer.keys.back().to_text()},
                    .note = {},
                    .begun_at = now,
                    .at = now};
}

Result<tunnel::Cosigned> cosign(KnownLog& log, const Offer& offer, const tlog::Cosigner& witness,
                                TimePoint now) {
    auto note = offer.request.note;
    auto signature =
        witness.cosign(note.text, static_cast<std::uint64_t>(now.time_since_epoch().count()));
    if (!signature) return signature.error();
    auto lines = signature->to_text();
    note.add(std::move(*signature));
    take_key_change(log, offer);
    log.size = offer.checkpoint.size;
    log.note = note.to_text();
    log.at = now;
    return tunnel::Cosigned{log.size, std::move(lines), witness.verifier().to_text()};
}

WitnessDecision go_on(AgentLogs& own, KnownLog& log, const tlog::WitnessedLog& known,
                      const Offer& offer, const tlog::Cosigner& witness, TimePoint now) {
    const auto verdict = tlog::decide(known, offer.request);
    if (const auto* no = std::get_if<tlog::Refused>(&verdict)) {
        auto refused = refusal(std::string(tlog::to_text(no->reason)), no->known_size, no->detail);
        // Of a log of which nothing is known, nothing contradicts it.
        if (!is_alarming(no->reason) || log.note.empty()) return {std::move(refused), {}};
        return alarmed(own, std::move(refused), log.origin, now);
    }
    auto cosigned = cosign(log, offer, witness, now);
    if (!cosigned) return {refusal("unavailable", known.size, cosigned.error().detail), {}};
    return {std::move(*cosigned), {}};
}

WitnessDecision first_use(AgentLogs& own, const Offer& offer, const tlog::Cosigner& witness,
                          TimePoint now) {
    auto log = begin_log(own, offer, now);
    if (!log) return {refusal("limit", 0, log.error().detail), {}};
    const tlog::WitnessedLog known{.origin = log->origin, .keys = {offer.keys.back()}};
    auto decision = go_on(own, *log, known, offer, witness, now);
    if (!std::holds_alternative<tunnel::Cosigned>(decision.answer)) return decision;
    if (!own.logs.empty()) {
        const auto& left = own.logs.back();
        auto alarm = raise(own, log->origin, "new_log",
                           "the agent has begun the log " + log->origin + " and left " +
                               left.origin + " at " + std::to_string(left.size) + " records",
                           now);
        if (alarm) decision.raised.push_back({own.agent, std::move(*alarm)});
    }
    own.logs.push_back(std::move(*log));
    make_room(own);
    return decision;
}

/// Two histories of one log are never countersigned, whoever shows them.
WitnessDecision refuse_claim(AgentLogs& own, AgentLogs& owner, const Offer& offer, TimePoint now) {
    const auto& origin = offer.checkpoint.origin;
    const auto log = std::ranges::find(owner.logs, origin, &KnownLog::origin);
    const auto known = log == owner.logs.end()
                           ? Result<tlog::WitnessedLog>(Error{Errc::not_found, {}})
                           : known_of(*log);
    const bool signed_by_it = known && offer.request.note.verify(known->keys);
    auto decision = alarmed(
        own, refusal("unknown_log", 0, "the log " + origin + " is another agent's"), {}, now);
    auto alarm =
        raise(owner, origin, "claimed",
              "the agent " + own.agent.name + " of tenant " + own.agent.tenant_id +
                  " shows this log as its own, " +
                  (signed_by_it ? "signed with the key of the log" : "signed with another key"),
              now);
    if (alarm) decision.raised.push_back({owner.agent, std::move(*alarm)});
    return decision;
}

}  // namespace

std::optional<LogAlarm> raise(AgentLogs& own, std::string log, std::string code, std::string text,
                              TimePoint now) {
    auto alarm = std::ranges::find_if(own.alarms, [&](const LogAlarm& standing) {
        return standing.log == log && standing.code == code;
    });
    if (alarm == own.alarms.end()) {
        own.alarms.push_back({std::move(log), std::move(code), std::move(text), now, 1});
        return own.alarms.back();
    }
    if (now >= alarm->raised_at && now - alarm->raised_at < alarm_pause) return std::nullopt;
    alarm->text = std::move(text);
    alarm->raised_at = now;
    ++alarm->count;
    return *alarm;
}

void make_room(AgentLogs& own) {
    while (own.logs.size() > logs_per_agent_max) {
        const auto quiet = std::ranges::find_if(
            own.logs, [&](const KnownLog& log) { return own.is_quiet(log.origin); });
        own.logs.erase(quiet == own.logs.end() ? own.logs.begin() : quiet);
    }
}

std::string origin_of(const tunnel::Checkpoint& offer) {
    const auto note = tlog::Note::parse(offer.note);
    if (!note) return {};
    auto checkpoint = tlog::Checkpoint::parse(note->text);
    return checkpoint ? std::move(checkpoint->origin) : std::string();
}

WitnessDecision decide(AgentLogs& own, AgentLogs* owner, const tunnel::Checkpoint& offer,
                       const tlog::Cosigner& witness, TimePoint now) {
    const auto read_offer = read(offer);
    if (!read_offer) return {refusal("malformed", 0, read_offer.error().detail), {}};
    if (owner) return refuse_claim(own, *owner, *read_offer, now);
    const auto found =
        std::ranges::find(own.logs, read_offer->checkpoint.origin, &KnownLog::origin);
    if (found == own.logs.end()) return first_use(own, *read_offer, witness, now);
    const auto known = known_of(*found);
    if (!known)
        return {refusal("unavailable", found->size, "what the hub knows cannot be read"), {}};
    if (std::next(found) == own.logs.end())
        return go_on(own, *found, *known, *read_offer, witness, now);
    // Only who has the log's key may raise an alarm about it.
    if (const auto is_its_own = read_offer->request.note.verify(known->keys); !is_its_own)
        return {refusal("unknown_key", found->size, is_its_own.error().detail), {}};
    auto refused = refusal("rollback", found->size,
                           "the agent goes on with the log " + found->origin +
                               ", which it had left for " + own.logs.back().origin);
    return alarmed(own, std::move(refused), found->origin, now);
}

}  // namespace sallyport::hub
