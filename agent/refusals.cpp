#include "agent/refusals.hpp"

#include "audit/events.hpp"
#include "base/error.hpp"

namespace sallyport::agent {

http::Refusal refusal_of(const mappings::Decision& decision, const mappings::Access& access) {
    using mappings::Denial;
    http::Refusal refusal{};
    refusal.message = mappings::denial_text(decision, access);
    refusal.proxy_status_error = "http_request_denied";
    refusal.status = 403;
    switch (decision.denial) {
        case Denial::malformed:
            refusal.status = 400;
            refusal.code = "ambiguous_request";
            refusal.proxy_status_error = "http_request_error";
            return refusal;
        case Denial::system_not_exposed:
            refusal.code = "system_not_exposed";
            return refusal;
        default:
            refusal.code = "resource_not_exposed";
            return refusal;
    }
}

http::Refusal refusal_of(const Error& error, std::string_view virtual_host) {
    http::Refusal refusal{};
    const std::string system(virtual_host);
    if (error.code == Errc::timed_out) {
        refusal.status = 504;
        refusal.code = "backend_timed_out";
        refusal.proxy_status_error = "http_response_timeout";
        refusal.message = "The system behind " + system + " did not answer in time.";
        return refusal;
    }
    if (error.code == Errc::limit) {
        refusal.status = 503;
        refusal.code = "backend_busy";
        refusal.proxy_status_error = "connection_limit_reached";
        refusal.message = "Too many requests to " + system + " are under way. Try again later.";
        return refusal;
    }
    refusal.status = 502;
    if (error.code == Errc::untrusted) {
        refusal.code = "backend_not_trusted";
        refusal.proxy_status_error = "tls_certificate_error";
        refusal.message = "The certificate of the system behind " + system +
                          " is not trusted. Its administrator finds the reason in the agent's log.";
        return refusal;
    }
    if (error.code == Errc::protocol || error.code == Errc::malformed) {
        refusal.code = "backend_answer_invalid";
        refusal.proxy_status_error = "http_protocol_error";
        refusal.message = "The system behind " + system + " sent an invalid answer.";
        return refusal;
    }
    if (error.code == Errc::cut || error.code == Errc::closed) {
        refusal.code = "backend_closed";
        refusal.proxy_status_error = "connection_terminated";
        refusal.message =
            "The system behind " + system + " closed the connection without an answer.";
        return refusal;
    }
    refusal.code = "backend_unreachable";
    refusal.proxy_status_error = "destination_unavailable";
    refusal.message = "The system behind " + system + " cannot be reached from the agent.";
    return refusal;
}

http::Refusal audit_unavailable() {
    http::Refusal refusal{};
    refusal.status = 503;
    refusal.code = "audit_unavailable";
    refusal.proxy_status_error = "proxy_internal_error";
    refusal.message =
        "The agent cannot write its audit log and lets nothing through until it can. Its "
        "administrator finds the reason with `sallyport status`.";
    return refusal;
}

std::string_view outcome_of(const Error& error) {
    if (error.code == Errc::timed_out) return audit::outcome::timed_out;
    if (error.code == Errc::aborted) return audit::outcome::aborted;
    return audit::outcome::failed;
}

}  // namespace sallyport::agent
