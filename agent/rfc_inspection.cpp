#include "agent/rfc_inspection.hpp"

#include "agent/refusals.hpp"
#include "base/log.hpp"

#include <cassert>
#include <utility>

namespace sallyport::agent {

namespace outcome = audit::outcome;

namespace {

/// What the back end did wrong is a failure, what the caller did is refused.
bool is_fault_of_back_end(rfc::Refusal refusal) {
    return refusal == rfc::Refusal::back_end || refusal == rfc::Refusal::callback;
}

}  // namespace

RfcInspection::RfcInspection(std::shared_ptr<const RfcTerms> terms, ExchangeAudit& audit)
    : terms_(std::move(terms)),
      audit_(audit),
      inspector_({.policy = terms_->mapping.policy,
                  .identity = terms_->identity,
                  .system = terms_->system,
                  .after_refusal = terms_->mapping.after_refusal}) {}

RfcInspection::~RfcInspection() { end_call(outcome::aborted); }

InspectionStep RfcInspection::from_caller(std::span<std::byte> received) {
    inspector_.set_time(std::chrono::system_clock::now());
    return done(inspector_.from_client(received));
}

InspectionStep RfcInspection::from_back_end(std::span<std::byte> received) {
    return done(inspector_.from_back_end(received));
}

InspectionStep RfcInspection::caller_ended() {
    end_call(outcome::aborted, "caller_gone");
    audit_.end_as(outcome::aborted, "caller_gone");
    return {.forward = inspector_.farewell(), .close = true};
}

InspectionStep RfcInspection::back_end_ended() {
    // Between two calls a gateway may close what it has not heard of for long.
    const bool was_waited_for = end_call(outcome::failed, "backend_closed");
    if (was_waited_for || !logon_seen_) audit_.end_as(outcome::failed, "backend_closed");
    return {.close = true, .recorded = was_waited_for};
}

BytesView RfcInspection::broken_off(const Error& why) {
    end_call(outcome_of(why));
    return inspector_.farewell();
}

InspectionStep RfcInspection::done(const rfc::Step& step) {
    InspectionStep result{.taken = step.taken,
                          .wanted = step.wanted,
                          .forward = step.forward,
                          .answer = step.answer,
                          .close = step.close,
                          .recorded = true};
    switch (step.event) {
        case rfc::Event::none:
            result.recorded = false;
            break;
        case rfc::Event::call_allowed:
            begin_call();
            break;
        case rfc::Event::call_refused:
            refuse(step);
            break;
        case rfc::Event::call_ended:
            end_call(outcome::answered);
            break;
        case rfc::Event::ended:
            result.recorded = end_call(outcome::aborted, "conversation_ended");
            break;
        case rfc::Event::broken:
            break_off(step);
            break;
    }
    return result;
}

audit::RfcCall RfcInspection::record() const {
    const auto& exchange = audit_.exchange();
    const auto call = inspector_.call();
    return {.exchange = exchange.exchange,
            .tenant = exchange.tenant,
            .client = exchange.client,
            .hub = exchange.hub,
            .location = exchange.location,
            .virtual_host = exchange.virtual_host,
            .internal_host = exchange.internal_host,
            .call = call.number,
            .function = call.function,
            .sap_client = call.client,
            .sap_user = call.user};
}

void RfcInspection::begin_call() {
    logon_seen_ = true;
    const auto call = inspector_.call();
    std::string rule = "infrastructure";
    if (call.decision.by == rfc::FunctionDecision::By::rule)
        rule = rule_text(terms_->mapping, call.decision.rule);
    auto event = record();
    event.rule = rule;
    event.decision = "allowed";
    const auto sequence = audit_.append(event);
    recorded_ = call.number;
    running_ = Running{.begin = std::nullopt,
                       .number = call.number,
                       .function = std::string(call.function),
                       .since = std::chrono::steady_clock::now()};
    if (sequence != audit::not_recorded) running_->begin = sequence;
}

/// False if none is under way.
bool RfcInspection::end_call(std::string_view word, std::string_view reason) {
    if (!running_) return false;
    const auto call = inspector_.call();
    const auto taken = std::chrono::steady_clock::now() - running_->since;
    std::string_view result;
    if (word == outcome::answered) result = call.reply_is_error ? "exception" : "success";
    audit_.append(audit::RfcCallEnd{
        .exchange = audit_.exchange().exchange,
        .begin = running_->begin,
        .call = running_->number,
        .function = running_->function,
        .outcome = word,
        .reason = reason,
        .result = result,
        .request_bytes = call.request_bytes,
        .response_bytes = call.reply_bytes,
        .duration = std::chrono::duration_cast<std::chrono::microseconds>(taken)});
    running_.reset();
    return true;
}

void RfcInspection::refuse(const rfc::Step& step) {
    auto event = record();
    const bool of_a_message = event.call != recorded_;
    if (!of_a_message) event.function = {};  // it is that of the message before
    event.decision = outcome::refused;
    event.reason = rfc::to_text(step.refusal);
    event.detail = step.reason;
    if (of_a_message) event.request_bytes = inspector_.call().request_bytes;
    audit_.append(event);
    recorded_ = event.call;
    log::write(log::Level::debug, "rfc.refused",
               {{"exchange", event.exchange},
                {"virtual_host", event.virtual_host},
                {"function", event.function},
                {"reason", event.reason},
                {"detail", event.detail}});
    if (step.close) audit_.end_as(outcome::aborted, rfc::to_text(step.refusal));
}

/// A call that had been allowed ends. What the caller did is on record by itself, also where only
/// refusals are.
void RfcInspection::break_off(const rfc::Step& step) {
    const auto reason = rfc::to_text(step.refusal);
    const bool failed = is_fault_of_back_end(step.refusal);
    const auto word = failed ? outcome::failed : outcome::aborted;
    end_call(word, reason);
    if (!failed) refuse(step);
    audit_.end_as(word, reason);
    if (failed)
        log::write(log::Level::warn, "rfc.back_end",
                   {{"exchange", audit_.exchange().exchange},
                    {"internal", audit_.exchange().internal_host},
                    {"reason", reason},
                    {"detail", step.reason}});
}

std::function<std::unique_ptr<StreamInspection>(ExchangeAudit&)> rfc_inspections(
    const mappings::Mapping& mapping) {
    assert(mapping.rfc);
    auto identity =
        mappings::identity_of(*mapping.rfc, mapping.virtual_host, mapping.internal.host);
    assert(identity);
    const auto terms = std::make_shared<const RfcTerms>(
        RfcTerms{*mapping.rfc, std::move(*identity), mappings::system_text(mapping.virtual_host)});
    return [terms](ExchangeAudit& audit) { return std::make_unique<RfcInspection>(terms, audit); };
}

}  // namespace sallyport::agent
