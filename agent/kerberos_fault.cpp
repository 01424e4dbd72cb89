#include "agent/kerberos_fault.hpp"

#include <cerrno>
#include <krb5/krb5.h>

namespace sallyport::agent {
namespace {

class KerberosCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "kerberos"; }
    std::string message(int fault) const override {
        switch (static_cast<KerberosFault>(fault)) {
            case KerberosFault::keytab:
                return "the agent's keytab does not work";
            case KerberosFault::account:
                return "the agent's account does not work";
            case KerberosFault::unreachable:
                return "no KDC answers";
            case KerberosFault::clock:
                return "the clocks differ too much";
            case KerberosFault::user_unknown:
                return "the user is unknown to the KDC";
            case KerberosFault::user_refused:
                return "the user may not be delegated";
            case KerberosFault::service_unknown:
                return "the service is unknown to the KDC";
            case KerberosFault::not_delegated:
                return "the agent may not act for users towards this service";
            case KerberosFault::failed:
                break;
        }
        return "Kerberos failed";
    }
};

/// What has one meaning, whatever was being done.
KerberosFault common_fault(std::int32_t code) {
    switch (code) {
        case KRB5_KDC_UNREACH:
        case KRB5_REALM_UNKNOWN:
        case KRB5_REALM_CANT_RESOLVE:
        case KRB5KDC_ERR_SVC_UNAVAILABLE:
        case ETIMEDOUT:
        case ECONNREFUSED:
            return KerberosFault::unreachable;
        case KRB5KRB_AP_ERR_SKEW:
        case KRB5_KDCREP_SKEW:
        case KRB5KRB_AP_ERR_TKT_NYV:
            return KerberosFault::clock;
        default:
            return KerberosFault::failed;
    }
}

KerberosFault log_on_fault(std::int32_t code) {
    switch (code) {
        case ENOENT:
        case EACCES:
        case EISDIR:
        case KRB5_KT_NOTFOUND:
        case KRB5_KT_BADNAME:
        case KRB5_KT_IOERR:
        case KRB5_KEYTAB_BADVNO:
        case KRB5_KT_KVNONOTFOUND:
        case KRB5_KT_FORMAT:
        case KRB5KDC_ERR_PREAUTH_FAILED:
        case KRB5KRB_AP_ERR_BAD_INTEGRITY:
        case KRB5KDC_ERR_ETYPE_NOSUPP:
            return KerberosFault::keytab;
        case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
        case KRB5KDC_ERR_CLIENT_REVOKED:
        case KRB5KDC_ERR_CLIENT_NOTYET:
        case KRB5KDC_ERR_NAME_EXP:
        case KRB5KDC_ERR_KEY_EXP:
        case KRB5KDC_ERR_POLICY:
            return KerberosFault::account;
        default:
            return common_fault(code);
    }
}

KerberosFault user_fault(std::int32_t code) {
    switch (code) {
        case KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN:
            return KerberosFault::user_unknown;
        case KRB5KDC_ERR_CLIENT_REVOKED:
        case KRB5KDC_ERR_CLIENT_NOTYET:
        case KRB5KDC_ERR_NAME_EXP:
        case KRB5KDC_ERR_KEY_EXP:
        case KRB5KDC_ERR_POLICY:
        case KRB5_TKT_NOT_FORWARDABLE:
            return KerberosFault::user_refused;
        case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:  // the agent itself, as the one the ticket is for
            return KerberosFault::account;
        case KRB5KDC_ERR_BADOPTION:
        case KRB5KDC_ERR_PADATA_TYPE_NOSUPP:
            return KerberosFault::not_delegated;
        default:
            return common_fault(code);
    }
}

KerberosFault service_fault(std::int32_t code) {
    switch (code) {
        case KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN:
        case KRB5KDC_ERR_SERVICE_NOTYET:
        case KRB5KDC_ERR_SERVICE_EXP:
        case KRB5KDC_ERR_SERVICE_REVOKED:
            return KerberosFault::service_unknown;
        case KRB5KDC_ERR_BADOPTION:
        case KRB5KDC_ERR_POLICY:
        case KRB5KDC_ERR_PADATA_TYPE_NOSUPP:
            return KerberosFault::not_delegated;
        case KRB5KDC_ERR_CLIENT_REVOKED:
        case KRB5_TKT_NOT_FORWARDABLE:
            return KerberosFault::user_refused;
        default:
            return common_fault(code);
    }
}

/// {code, what to do}
std::pair<std::string_view, std::string_view> advice(KerberosFault fault) {
    switch (fault) {
        case KerberosFault::keytab:
            return {"kerberos_keytab",
                    "the KDC does not take the agent's key. Its administrator renews the keytab "
                    "([kerberos] keytab and principal) and looks with `sallyport check`"};
        case KerberosFault::account:
            return {"kerberos_account",
                    "the agent's own account at the KDC does not work. Its administrator looks "
                    "whether it is unknown, locked or expired, and has a service principal"};
        case KerberosFault::unreachable:
            return {"kerberos_kdc_unreachable",
                    "no KDC answers the agent. Its administrator looks at the network and at "
                    "krb5.conf"};
        case KerberosFault::clock:
            return {"kerberos_clock",
                    "the clocks of agent and KDC differ too much. Their administrators set them"};
        case KerberosFault::user_unknown:
            return {"kerberos_user_unknown",
                    "the KDC does not know the user of this request. `sallyport explain --claims` "
                    "says which name [kerberos] user makes"};
        case KerberosFault::user_refused:
            return {"kerberos_user_refused",
                    "the KDC does not let the agent act for this user: the account is locked or "
                    "must not be delegated, or the agent's may not delegate by any protocol"};
        case KerberosFault::service_unknown:
            return {"kerberos_service_unknown",
                    "the KDC does not know its service principal. Administrators register it "
                    "(setspn), or correct principal.service of the mapping"};
        case KerberosFault::not_delegated:
            return {"kerberos_not_delegated",
                    "the KDC does not let the agent act for users towards it. An administrator "
                    "of the KDC adds its service principal to what the agent's account may be "
                    "delegated to"};
        case KerberosFault::failed:
            break;
    }
    return {"kerberos_failed", "Kerberos failed. The agent's administrator finds why in its log"};
}

std::string_view proxy_status_of(KerberosFault fault) {
    if (is_refusal(fault)) return "http_request_denied";
    if (fault == KerberosFault::unreachable) return "destination_unavailable";
    return fault == KerberosFault::failed ? "proxy_internal_error" : "proxy_configuration_error";
}

}  // namespace

const boost::system::error_category& kerberos_category() {
    static const KerberosCategory instance;
    return instance;
}

namespace kerberos {

KerberosFault fault_of(std::int32_t code, Step step) {
    switch (step) {
        case Step::log_on:
            return log_on_fault(code);
        case Step::user:
            return user_fault(code);
        case Step::service:
            break;
    }
    return service_fault(code);
}

std::string text_of_code(std::int32_t code) {
    const char* text = krb5_get_error_message(nullptr, code);
    std::string copy(text);
    krb5_free_error_message(nullptr, text);
    return copy;
}

}  // namespace kerberos

bool is_refusal(KerberosFault fault) {
    return fault == KerberosFault::user_unknown || fault == KerberosFault::user_refused;
}

std::optional<KerberosFault> kerberos_fault(const Error& error) {
    if (error.code.category() != kerberos_category()) return std::nullopt;
    return static_cast<KerberosFault>(error.code.value());
}

bool is_refusal(const Error& error) {
    const auto fault = kerberos_fault(error);
    return fault && is_refusal(*fault);
}

http::Refusal refusal_of(KerberosFault fault, std::string_view virtual_host) {
    const auto [code, text] = advice(fault);
    http::Refusal refusal{};
    refusal.status = is_refusal(fault) ? 403 : 502;
    refusal.code = code;
    refusal.proxy_status_error = proxy_status_of(fault);
    refusal.message = "Not logged on to the system behind " + std::string(virtual_host) + ": " +
                      std::string(text) + ".";
    return refusal;
}

}  // namespace sallyport::agent
