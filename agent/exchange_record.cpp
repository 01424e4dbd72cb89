#include "agent/exchange_record.hpp"

#include "audit/events.hpp"

namespace sallyport::agent {

ExchangeRecord::ExchangeRecord(audit::Log& log, std::string_view hub, std::string_view location,
                               const http::RequestHead& head, bool with_query)
    : log_(log),
      hub_(hub),
      location_(location),
      head_(head),
      path_(with_query ? head.target : head.target.substr(0, head.target.find('?'))),
      method_(head.method) {}

ExchangeRecord::~ExchangeRecord() {
    if (!ended_) end(audit::outcome::aborted, 0, "given_up", 0, 0);
}

audit::Sequence ExchangeRecord::begin(const mappings::Decision& decision) {
    method_ = decision.effective_method;
    const auto rule = std::to_string(decision.rule_number) + ":" + decision.rule->path;
    const auto virtual_host = decision.mapping->virtual_host.text();
    const auto internal = decision.mapping->internal.text();
    const audit::ExchangeBegin event{.exchange = head_.facts.exchange_id,
                                     .tenant = head_.facts.tenant,
                                     .client = head_.facts.client,
                                     .hub = hub_,
                                     .location = location_,
                                     .virtual_host = virtual_host,
                                     .internal_host = internal,
                                     .method = method_,
                                     .path = path_,
                                     .rule = rule};
    return log_.append(event);
}

audit::Sequence ExchangeRecord::refuse(int status, std::string_view reason) {
    ended_ = true;
    const audit::ExchangeEnd event{.exchange = head_.facts.exchange_id,
                                   .outcome = audit::outcome::refused,
                                   .status = status,
                                   .reason = reason,
                                   .tenant = head_.facts.tenant,
                                   .client = head_.facts.client,
                                   .hub = hub_,
                                   .location = location_,
                                   .virtual_host = head_.authority,
                                   .method = method_,
                                   .path = path_};
    return log_.append(event);
}

audit::Sequence ExchangeRecord::end(std::string_view outcome, int status, std::string_view reason,
                                    std::uint64_t request_bytes, std::uint64_t response_bytes) {
    ended_ = true;
    const auto lived = std::chrono::steady_clock::now() - began_;
    audit::ExchangeEnd event{};
    event.exchange = head_.facts.exchange_id;
    event.outcome = outcome;
    event.status = status;
    event.reason = reason;
    event.request_bytes = request_bytes;
    event.response_bytes = response_bytes;
    event.duration = std::chrono::duration_cast<std::chrono::microseconds>(lived);
    return log_.append(event);
}

}  // namespace sallyport::agent
