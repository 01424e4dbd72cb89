// Whether the peer is who it must be: what OpenSSL checks, and what we ask beyond it.
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/expired_chain.hpp"
#include "net/tls_policy.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <ctime>

namespace sallyport::net {
namespace {

using certs::Certificate;

/// TLS alerts by which a peer says that it does not want our certificate (RFC 8446 section 6.2).
constexpr bool is_about_our_certificate(int alert) {
    return (alert >= SSL_AD_BAD_CERTIFICATE && alert <= SSL_AD_CERTIFICATE_UNKNOWN) ||
           alert == SSL_AD_UNKNOWN_CA || alert == SSL_AD_ACCESS_DENIED ||
           alert == SSL_AD_CERTIFICATE_REQUIRED;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? "none" : text;
}

/// Why OpenSSL refused, for people.
std::string explain(X509_STORE_CTX* chain, const TlsNotes& notes) {
    const int error = X509_STORE_CTX_get_error(chain);
    std::string text = X509_verify_cert_error_string(error);
    auto* current = X509_STORE_CTX_get_current_cert(chain);
    const auto certificate = current != nullptr ? Certificate::of(current)
                                                : Result<Certificate>(Error{Errc::failed, {}});
    if (!certificate) return text;
    if (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)
        return "it is not for " + notes.host +
               " (DNS names in it: " + joined(certificate->dns_names()) + ")";
    if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID)
        text += "; if it should be valid, check this machine's clock";
    return text + " (" + certificate->subject() + ")";
}

/// The only anchor is the certificate in the presented chain that has the pinned key.
bool anchor_at(X509_STORE_CTX* chain, const certs::KeyHash& pin, STACK_OF(X509) * anchors) {
    const auto* presented = X509_STORE_CTX_get0_untrusted(chain);
    for (int i = 0; i < sk_X509_num(presented); ++i) {
        const auto certificate = Certificate::of(sk_X509_value(presented, i));
        if (!certificate || certificate->public_key_hash() != pin || !certificate->is_authority())
            continue;
        return sk_X509_push(anchors, sk_X509_value(presented, i)) > 0;
    }
    return false;
}

bool refuse(X509_STORE_CTX* chain, TlsNotes& notes, int error, std::string why) {
    X509_STORE_CTX_set_error(chain, error);
    notes.refusal = std::move(why);
    return false;
}

/// For an agent that was off while its certificate ran out: the date alone is forgiven, and only
/// for the leaf; whoever serves the connection looks at it.
int forgive_expired_leaf(int ok, X509_STORE_CTX* chain) {
    if (ok == 1) return 1;
    if (X509_STORE_CTX_get_error(chain) != X509_V_ERR_CERT_HAS_EXPIRED ||
        X509_STORE_CTX_get_error_depth(chain) != 0)
        return 0;
    const auto* connection = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto& trust = static_cast<const TlsContext::Implementation*>(
                            SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)))
                            ->trust;
    std::time_t limit = std::time(nullptr) - static_cast<std::time_t>(trust.expired_grace.count());
    const auto* end = X509_get0_notAfter(X509_STORE_CTX_get_current_cert(chain));
    if (X509_cmp_time(end, &limit) <= 0) return 0;
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return 1;
}

/// Whether nobody took a certificate of the path back. The anchor, its last one, is ours to list.
bool check_revocation(X509_STORE_CTX* chain, const TlsTrust& trust, TlsNotes& notes) {
    const auto lists = trust.revoked ? trust.revoked() : nullptr;
    const bool has_lists = lists != nullptr && !lists->empty();
    const bool is_client = trust.usage == certs::ExtendedUsage::client_auth;
    if (!trust.is_denied && !has_lists && !is_client) return true;
    using Verdict = certs::RevocationLists::Verdict;
    const auto now = std::chrono::system_clock::now();
    const auto* path = X509_STORE_CTX_get0_chain(chain);
    for (int i = 0; i < sk_X509_num(path); ++i) {
        const bool is_anchor = i > 0 && i == sk_X509_num(path) - 1;
        if (is_anchor) break;
        const auto certificate = Certificate::of(sk_X509_value(path, i));
        if (!certificate)
            return refuse(chain, notes, X509_V_ERR_APPLICATION_VERIFICATION,
                          to_text(certificate.error()));
        if (trust.is_denied && trust.is_denied(*certificate))
            return refuse(chain, notes, X509_V_ERR_CERT_REVOKED,
                          "it is revoked (" + certificate->subject() + ")");
        if (is_client) notes.path.push_back(*certificate);
        if (!has_lists) continue;
        auto judged = lists->judge(*certificate, now);
        if (judged.verdict == Verdict::good) continue;
        notes.fault =
            judged.verdict == Verdict::revoked ? TlsFault::revoked : TlsFault::revocation_unknown;
        return refuse(chain, notes, X509_V_ERR_CERT_REVOKED, std::move(judged.why));
    }
    return true;
}

/// What we ask of a peer whose chain is good.
bool check_policy(X509_STORE_CTX* chain, const TlsTrust& trust, TlsNotes& notes) {
    const auto leaf = Certificate::of(X509_STORE_CTX_get0_cert(chain));
    if (!leaf)
        return refuse(chain, notes, X509_V_ERR_APPLICATION_VERIFICATION, to_text(leaf.error()));
    const bool for_server = trust.usage == certs::ExtendedUsage::server_auth;
    if (trust.strict && leaf->is_authority())
        return refuse(chain, notes, X509_V_ERR_INVALID_PURPOSE,
                      "it is an authority's own certificate (" + leaf->subject() + ")");
    if (trust.strict && !leaf->has_extended_usage(trust.usage))
        return refuse(chain, notes, X509_V_ERR_INVALID_PURPOSE,
                      std::string("its extended key usage does not contain ") +
                          (for_server ? "serverAuth" : "clientAuth") + " (" + leaf->subject() +
                          ")");
    if (!trust.pins.empty() &&
        std::ranges::find(trust.pins, leaf->public_key_hash()) == trust.pins.end()) {
        notes.fault = TlsFault::pin;
        return refuse(chain, notes, X509_V_ERR_APPLICATION_VERIFICATION,
                      "its key is another one than the mapping's pin says: it has sha256:" +
                          to_hex(leaf->public_key_hash()) + " (" + leaf->subject() + ")");
    }
    return check_revocation(chain, trust, notes);
}

/// What the peer showed below its leaf.
std::vector<Certificate> shown_issuers(X509_STORE_CTX* chain) {
    std::vector<Certificate> issuers;
    const auto* presented = X509_STORE_CTX_get0_untrusted(chain);
    for (int i = 1; i < sk_X509_num(presented); ++i)
        if (const auto issuer = Certificate::of(sk_X509_value(presented, i)))
            issuers.push_back(*issuer);
    return issuers;
}

/// A client whom our own authorities do not know: another one may vouch for it, where and for whom
/// the server's owner says so. As strict as our own, and noted, so that nobody takes the names in
/// the certificate for ours.
bool check_external(X509_STORE_CTX* chain, const TlsTrust& trust, TlsNotes& notes) {
    if (!trust.external || notes.kind == TlsKind::http) return false;
    const auto leaf = Certificate::of(X509_STORE_CTX_get0_cert(chain));
    if (!leaf) return false;
    const bool enrols = notes.kind == TlsKind::enrolment;
    const auto believed =
        trust.external(*leaf, enrols ? ExternalUse::enrolment : ExternalUse::link);
    if (believed.anchors.empty()) return false;
    const certs::ChainPolicy policy{.usage = trust.usage,
                                    .at = std::chrono::system_clock::now(),
                                    .revoked = believed.revoked.get(),
                                    .path = &notes.path};
    const auto end = leaf->not_after();
    const bool in_grace = enrols && policy.at - end < trust.expired_grace;
    const auto issuers = shown_issuers(chain);
    const auto checked =
        in_grace ? certs::check_chain_of_expired(*leaf, issuers, believed.anchors, policy)
                 : certs::check_chain(*leaf, issuers, believed.anchors, policy);
    if (!checked) {
        notes.refusal += "; no external authority vouches for it: " + checked.error().detail;
        using Verdict = certs::RevocationLists::Verdict;
        if (believed.revoked && believed.revoked->judge(*leaf, policy.at).verdict != Verdict::good)
            X509_STORE_CTX_set_error(chain, X509_V_ERR_CERT_REVOKED);  // the client is told so
        return false;
    }
    notes.external = true;
    notes.refusal.clear();
    X509_STORE_CTX_set_error(chain, X509_V_OK);
    return true;
}

std::string alert_text(unsigned long error) {
    const char* reason = ERR_reason_error_string(error);
    std::string text = reason != nullptr ? reason : "unknown alert";
    for (const std::string_view prefix : {"tlsv13 alert ", "tlsv1 alert ", "sslv3 alert "})
        if (text.starts_with(prefix)) return text.substr(prefix.size());
    return text;
}

Error alert_error(int alert, unsigned long error,
                  const TlsContext::Implementation& implementation) {
    const auto& peer = implementation.peer_is;
    // Of a client that came to us: it shows nothing untrusted, it only goes away.
    const auto of_ours = implementation.server ? Errc::denied : Errc::untrusted;
    if (alert == SSL_AD_CERTIFICATE_REVOKED)
        return {of_ours, peer + " refused our certificate: " + alert_text(error) +
                             ". Its administrator took it back"};
    if (is_about_our_certificate(alert))
        return {of_ours, peer + " refused our certificate: " + alert_text(error)};
    if (alert == SSL_AD_NO_APPLICATION_PROTOCOL)
        return {Errc::protocol, peer + " does not speak the protocol " + implementation.alpn};
    if (alert == SSL_AD_PROTOCOL_VERSION)
        return {Errc::protocol, peer + " does not accept our TLS versions"};
    return {Errc::protocol, peer + " broke off the connection: " + alert_text(error)};
}

}  // namespace

int on_verify(X509_STORE_CTX* chain, void* implementation) {
    const auto& context = *static_cast<const TlsContext::Implementation*>(implementation);
    const auto& trust = context.trust;
    auto* connection =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto& notes = *static_cast<TlsNotes*>(SSL_get_app_data(connection));

    struct Free {
        void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
    };
    const std::unique_ptr<STACK_OF(X509), Free> anchors(sk_X509_new_null());
    if (trust.pinned_authority) {
        if (!anchors || !anchor_at(chain, *trust.pinned_authority, anchors.get()))
            return refuse(chain, notes, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                          "no authority that it shows has the key that the join token names");
        X509_STORE_CTX_set0_trusted_stack(chain, anchors.get());
    }
    if (trust.at_any_time)
        X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(chain), X509_V_FLAG_NO_CHECK_TIME);
    if (trust.expired_grace.count() > 0 && notes.kind == TlsKind::enrolment)
        X509_STORE_CTX_set_verify_cb(chain, forgive_expired_leaf);
    if (X509_verify_cert(chain) != 1) {
        notes.refusal = explain(chain, notes);
        return check_external(chain, trust, notes) ? 1 : 0;
    }
    return check_policy(chain, trust, notes) ? 1 : 0;
}

Error tls_error(const TlsContext::Implementation& implementation, const TlsNotes& notes) {
    const auto& peer = implementation.peer_is;
    const auto first = ERR_peek_error();
    const int reason = ERR_GET_LIB(first) == ERR_LIB_SSL ? ERR_GET_REASON(first) : 0;
    if (reason > SSL_AD_REASON_OFFSET) {
        ERR_clear_error();
        return alert_error(reason - SSL_AD_REASON_OFFSET, first, implementation);
    }
    switch (reason) {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            ERR_clear_error();
            return {notes.fault ? make_error_code(*notes.fault) : make_error_code(Errc::untrusted),
                    "the certificate of " + peer + " is refused: " + notes.refusal};
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            ERR_clear_error();
            return {Errc::untrusted, peer + " showed no certificate"};
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST:
            ERR_clear_error();
            return {Errc::protocol, peer + " does not speak TLS here"};
        default:
            return certs::openssl_error("TLS with " + peer, Errc::protocol);
    }
}

}  // namespace sallyport::net
