#include "audit/entry.hpp"

#include <cassert>

namespace sallyport::audit {

Entry::Entry(Log& log, const ExchangeBegin& exchange, Observer* observer)
    : log_(log),
      exchange_(exchange),
      observer_(observer),
      opened_(std::chrono::steady_clock::now()) {}

Entry::~Entry() {
    close({.outcome = outcome::aborted, .reason = "given up before there was an outcome"});
}

Sequence Entry::begin() {
    assert(!begun_ && !closed_);
    begun_ = true;
    return log_.append(exchange_);
}

Sequence Entry::close(const Outcome& outcome) {
    if (closed_) return not_recorded;
    closed_ = true;
    const auto now = std::chrono::steady_clock::now();
    if (observer_ != nullptr)
        observer_->ended({exchange_, outcome, request_bytes_, response_bytes_, opened_, now});
    return log_.append(ExchangeEnd{
        .exchange = exchange_.exchange,
        .outcome = outcome.outcome,
        .status = outcome.status,
        .reason = outcome.reason,
        .request_bytes = request_bytes_,
        .response_bytes = response_bytes_,
        .duration = std::chrono::duration_cast<std::chrono::microseconds>(now - opened_),
        .attempts = attempts_,
        .internal_host = used_host_,
        .trace = exchange_.trace,
        .tenant = exchange_.tenant,
        .client = exchange_.client,
        .hub = exchange_.hub,
        .location = exchange_.location,
        .user = exchange_.user,
        .user_type = exchange_.user_type,
        .issuer = exchange_.issuer,
        .virtual_host = exchange_.virtual_host,
        .method = exchange_.method,
        .path = exchange_.path,
        .destination = exchange_.destination,
        .rule = exchange_.rule,
        .token_fault = token_fault_});
}

}  // namespace sallyport::audit
