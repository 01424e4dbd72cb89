#include "agent/overload.hpp"

#include <algorithm>
#include <string>

namespace sallyport::agent {
namespace {

class OverloadCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "overload"; }
    std::string message(int why) const override {
        return static_cast<Overload>(why) == Overload::circuit_open
                   ? "the circuit breaker of the mapping is open"
                   : "limits.requests_per_second of the mapping are used up";
    }
};

}  // namespace

const boost::system::error_category& overload_category() {
    static const OverloadCategory category;
    return category;
}

http::Refusal refusal_of(Overload why, std::string_view virtual_host,
                         std::chrono::nanoseconds wait) {
    http::Refusal refusal{};
    const std::string system(virtual_host);
    refusal.retry_after =
        std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
    if (why == Overload::rate_limited) {
        refusal.status = 429;
        refusal.code = "rate_limited";
        refusal.proxy_status_error = "http_request_denied";
        refusal.message = "More requests a second than the agent's administrator allows go to " +
                          system + ". Try again later, and send them slower.";
        return refusal;
    }
    refusal.status = 503;
    refusal.code = "circuit_open";
    refusal.proxy_status_error = "destination_unavailable";
    refusal.message = "The system behind " + system +
                      " has failed several times in a row and is left alone for a moment. "
                      "Try again later.";
    return refusal;
}

}  // namespace sallyport::agent
