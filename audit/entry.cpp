#include "audit/entry.hpp"

#include <cassert>

namespace sallyport::audit {

Entry::Entry(Log& log, const ExchangeBegin& exchange)
    : log_(log), exchange_(exchange), opened_(std::chrono::steady_clock::now()) {}

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
    ExchangeEnd end{.exchange = exchange_.exchange,
                    .outcome = outcome.outcome,
                    .status = outcome.status,
                    .reason = outcome.reason,
                    .request_bytes = request_bytes_,
                    .response_bytes = response_bytes_,
                    .duration = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::steady_clock::now() - opened_)};
    if (!begun_) {
        end.tenant = exchange_.tenant;
        end.client = exchange_.client;
        end.hub = exchange_.hub;
        end.location = exchange_.location;
        end.user = exchange_.user;
        end.user_type = exchange_.user_type;
        end.issuer = exchange_.issuer;
        end.virtual_host = exchange_.virtual_host;
        end.method = exchange_.method;
        end.path = exchange_.path;
        end.rule = exchange_.rule;
    }
    return log_.append(end);
}

}  // namespace sallyport::audit
