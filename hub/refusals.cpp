#include "hub/refusals.hpp"

#include "base/error.hpp"

namespace sallyport::hub {
namespace {

http::Refusal make(int status, std::string_view code, std::string_view proxy_error,
                   std::string message) {
    http::Refusal refusal{};
    refusal.status = status;
    refusal.code = code;
    refusal.proxy_status_error = proxy_error;
    refusal.message = std::move(message);
    return refusal;
}

}  // namespace

bool is_answer_of(const http::ResponseHead& head, std::string_view whose) {
    const auto* status = http::find(head.fields, "proxy-status");
    return status != nullptr && status->value.starts_with(whose);
}

http::Refusal connect_refused() {
    return make(405, "connect_not_supported", "http_request_denied",
                "CONNECT is not supported: use http:// for on-premise hosts. The connection to the "
                "internal system is encrypted by the tunnel.");
}

http::Refusal target_refused(const Error& error) {
    if (error.code == Errc::denied)
        return make(405, "https_not_supported", "http_request_denied", error.detail);
    return make(400, "malformed_request", "http_request_error", error.detail);
}

http::Refusal token_refused(const Error& error) {
    return make(407, "token_refused", "http_request_denied", error.detail);
}

http::Refusal host_refused(const Error& error) {
    return make(403, "host_refused", "http_request_denied", error.detail);
}

http::Refusal identity_refused(std::string message) {
    return make(400, "ambiguous_identity", "http_request_error", std::move(message));
}

http::Refusal no_agent(std::string_view tenant, std::string_view location) {
    // Tools match on the first part of this sentence, so it stays as users know it.
    return make(503, "no_agent", "destination_unavailable",
                "There is no SAP Cloud Connector (SCC) connected to your subaccount matching the "
                "requested tunnel for subaccount \"" +
                    std::string(tenant) + "\" and SCC location ID \"" + std::string(location) +
                    "\". No Sallyport agent is attached there at the moment.");
}

http::Refusal too_many_requests() {
    auto refusal = make(429, "too_many_requests", "connection_limit_reached",
                        "Too many requests of this client are under way. Try again later.");
    return refusal;
}

http::Refusal too_many_aborts() {
    return make(429, "too_many_aborts", "connection_limit_reached",
                "This client has broken off too many requests. Try again in a second.");
}

http::Refusal link_failed(const Error& error) {
    if (error.code == Errc::timed_out)
        return make(504, "agent_timed_out", "connection_timeout",
                    "The agent did not answer in time.");
    if (error.code == Errc::unavailable || error.code == Errc::not_begun)
        return make(503, "agent_lost", "connection_terminated",
                    "The connection to the agent was lost before it answered. Try again.");
    if (error.code == Errc::unsupported)
        return make(
            431, "head_too_large", "http_request_error",
            "The head of the request, with the fields the hub adds, is larger than 64 KiB.");
    if (error.code == Errc::malformed)
        return make(400, "malformed_request", "http_request_error",
                    "This cannot be asked of an agent: " + error.detail + ".");
    if (error.code == Errc::limit)
        return make(503, "agent_overloaded", "proxy_internal_error",
                    "The agent has no memory for this request at the moment. Try again.");
    return make(502, "agent_failed", "proxy_internal_error",
                "The agent gave up the request before it answered.");
}

}  // namespace sallyport::hub
