#include "agent/refusals.hpp"

#include "agent/delivery_fault.hpp"
#include "agent/kerberos_fault.hpp"
#include "agent/overload.hpp"
#include "audit/events.hpp"
#include "base/error.hpp"
#include "certs/token.hpp"
#include "net/tls_fault.hpp"
#include "ssh/fault.hpp"

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
        case Denial::maintenance:
            refusal.status = 503;
            refusal.code = "maintenance";
            refusal.proxy_status_error = "destination_unavailable";
            refusal.retry_after = maintenance_retry_after;
            return refusal;
        case Denial::mapping_disabled:
        case Denial::mapping_expired:
        case Denial::system_not_exposed:
            refusal.code = "system_not_exposed";
            return refusal;
        case Denial::not_a_stream:
        case Denial::only_a_stream:
            refusal.code = "protocol_not_exposed";
            return refusal;
        default:
            refusal.code = "resource_not_exposed";
            return refusal;
    }
}

namespace {

/// A certificate whose chain is good, but which is refused: the caller may know why.
bool certificate_refused(const Error& error, const std::string& system, http::Refusal& refusal) {
    const auto subject = "The certificate of the system behind " + system;
    if (error.code == net::TlsFault::revoked) {
        refusal.code = "backend_certificate_revoked";
        refusal.message = subject + " was revoked by its authority.";
    } else if (error.code == net::TlsFault::revocation_unknown) {
        refusal.code = "backend_revocation_unknown";
        refusal.message = subject +
                          " cannot be checked: the agent's revocation list is out of date. Its "
                          "administrator must get the next one.";
    } else if (error.code == net::TlsFault::pin) {
        refusal.code = "backend_pin_mismatch";
        refusal.message = subject + " has another key than the agent's administrator expects.";
    } else {
        return false;
    }
    refusal.proxy_status_error = "tls_certificate_error";
    return true;
}

/// What stands between the agent and the system: the caller may know, and whom to ask.
bool ssh_failed(const Error& error, const std::string& system, http::Refusal& refusal) {
    using ssh::Fault;
    const auto server = "The SSH server on the way to the system behind " + system;
    const std::string ask = " The agent's administrator finds the reason in its log.";
    refusal.proxy_status_error = "destination_unavailable";
    if (error.code == Fault::unreachable) {
        refusal.code = "jump_host_unreachable";
        refusal.message = server + " cannot be reached." + ask;
    } else if (error.code == Fault::host_key_unknown || error.code == Fault::host_key_changed) {
        refusal.code = "jump_host_not_trusted";
        refusal.message = server + " does not prove to be the one that it should be." + ask;
    } else if (error.code == Fault::login) {
        refusal.code = "jump_host_login_refused";
        refusal.message = server + " does not let the agent in." + ask;
    } else if (error.code == Fault::forbidden) {
        refusal.code = "jump_host_forbids";
        refusal.message = server + " does not allow a connection there." + ask;
    } else {
        return false;
    }
    return true;
}

}  // namespace

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
    if (error.code == Overload::circuit_open)
        return refusal_of(Overload::circuit_open, virtual_host, std::chrono::seconds(1));
    if (error.code == Errc::limit) {
        refusal.status = 503;
        refusal.retry_after = std::chrono::seconds(1);
        refusal.code = "backend_busy";
        refusal.proxy_status_error = "connection_limit_reached";
        refusal.message = "Too many requests to " + system + " are under way. Try again later.";
        return refusal;
    }
    refusal.status = 502;
    if (certificate_refused(error, system, refusal) || ssh_failed(error, system, refusal))
        return refusal;
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

http::Refusal principal_refused(certs::UserType type, const Error& error) {
    using certs::TokenFault;
    constexpr std::pair<TokenFault, std::string_view> codes[] = {
        {TokenFault::algorithm, "principal_algorithm"},
        {TokenFault::key, "principal_key"},
        {TokenFault::signature, "principal_signature"},
        {TokenFault::expired, "principal_expired"},
        {TokenFault::not_yet_valid, "principal_not_yet_valid"},
        {TokenFault::issuer, "principal_issuer"},
        {TokenFault::audience, "principal_audience"},
        {TokenFault::user_type, "principal_type"},
    };
    http::Refusal refusal{};
    refusal.status = 407;
    refusal.code = "principal_malformed";
    for (const auto& [fault, code] : codes)
        if (error.code == fault) refusal.code = code;
    refusal.proxy_status_error = "http_request_denied";
    std::string_view why = error.detail;
    constexpr std::string_view prefix = "token: ";
    if (why.starts_with(prefix)) why.remove_prefix(prefix.size());
    refusal.message = std::string(type == certs::UserType::technical
                                      ? "The token of SAP-Connectivity-Technical-Authentication"
                                      : "The user token") +
                      " is refused: " + std::string(why) + ".";
    return refusal;
}

http::Refusal principal_ambiguous() {
    http::Refusal refusal{};
    refusal.status = 400;
    refusal.code = "principal_ambiguous";
    refusal.proxy_status_error = "http_request_error";
    refusal.message =
        "A request is made on behalf of one user: send SAP-Connectivity-Authentication or "
        "SAP-Connectivity-Technical-Authentication, not both.";
    return refusal;
}

http::Refusal principal_required() {
    http::Refusal refusal{};
    refusal.status = 407;
    refusal.code = "principal_required";
    refusal.proxy_status_error = "http_request_denied";
    refusal.message =
        "This system wants to know on whose behalf a request is made: send the user's token as "
        "SAP-Connectivity-Authentication (a destination with PrincipalPropagation does).";
    return refusal;
}

http::Refusal principal_unchecked() {
    return {.status = 407,
            .code = "principal_unchecked",
            .message = {},
            .proxy_status_error = "http_request_denied"};
}

http::Refusal principal_keys_missing() {
    http::Refusal refusal{};
    refusal.status = 503;
    refusal.code = "principal_keys_missing";
    refusal.proxy_status_error = "proxy_internal_error";
    refusal.message =
        "The agent could not fetch the keys that user tokens are checked with. Its administrator "
        "finds the reason with `sallyport status`.";
    refusal.retry_after = std::chrono::seconds(10);
    return refusal;
}

bool says_no(const Error& error) {
    const auto fault = delivery_fault(error);
    return is_refusal(error) || (fault && *fault != DeliveryFault::own);
}

http::Refusal login_failed(const Error& error, std::string_view virtual_host) {
    if (const auto fault = kerberos_fault(error)) return refusal_of(*fault, virtual_host);
    if (const auto fault = delivery_fault(error)) return refusal_of(*fault, virtual_host);
    if (error.code == Errc::limit) return refusal_of(error, virtual_host);
    http::Refusal refusal{};
    refusal.status = 502;
    refusal.code = "credentials_unavailable";
    refusal.proxy_status_error = "destination_unavailable";
    refusal.message = "The agent could not log on to the system behind " +
                      std::string(virtual_host) +
                      ". Its administrator finds the reason in the agent's log.";
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
