#pragma once

#include "agent/audit_gate.hpp"
#include "agent/exchange_route.hpp"
#include "audit/events.hpp"

#include <cstdint>
#include <string_view>

namespace sallyport::agent {

/// What a back end may put on record about what happens inside of an exchange: the calls of a
/// conversation, the operations of a session. Lives as long as the exchange is served. All calls on
/// the loop's thread.
class ExchangeAudit {
public:
    /// `exchange` is on record as begun; all outlive this. Without a `route` nobody hears of it.
    ExchangeAudit(AuditGate& gate, const audit::ExchangeBegin& exchange,
                  ExchangeRoute* route = nullptr)
        : gate_(gate), exchange_(exchange), route_(route) {}

    /// Whose it is: id, tenant, user, virtual host, ... for the records.
    const audit::ExchangeBegin& exchange() const { return exchange_; }

    /// Appends a record; it is written at the end of this loop turn, or not taken
    /// (audit::not_recorded). `Event` is one of audit/events.hpp.
    template <class Event>
    audit::Sequence append(const Event& event) {
        if (!has_news_) failures_ = gate_.log().failures();
        has_news_ = true;
        const auto sequence = gate_.log().append(event);
        if (sequence != audit::not_recorded) newest_ = sequence;
        return sequence;
    }
    /// Asks that everything appended since the last time be made safe.
    void make_safe(AuditGate::Commit& commit) {
        gate_.make_safe(commit, newest_, failures_);
        newest_ = audit::not_recorded;
        has_news_ = false;
    }
    /// Whether things may go on although a record is not safe: policy is to do without.
    bool does_without() const { return gate_.log().on_failure() == audit::OnFailure::degrade; }

    /// Where it goes.
    ExchangeRoute& route() { return route_ != nullptr ? *route_ : own_route_; }

    /// What the end of the exchange shall say, where it ends in an orderly way for the caller but
    /// not as it should: `outcome` is one of audit::outcome; both are literals.
    void end_as(std::string_view outcome, std::string_view reason) {
        outcome_ = outcome;
        reason_ = reason;
    }
    /// Empty: nothing special.
    std::string_view outcome() const { return outcome_; }
    std::string_view reason() const { return reason_; }

private:
    AuditGate& gate_;
    const audit::ExchangeBegin& exchange_;
    ExchangeRoute* route_;
    ExchangeRoute own_route_;
    audit::Sequence newest_ = audit::not_recorded;  // of those that nobody has asked to be safe
    std::uint64_t failures_ = 0;                    // of the log, before the first of them
    bool has_news_ = false;                         // there was a first one
    std::string_view outcome_;
    std::string_view reason_;
};

}  // namespace sallyport::agent
