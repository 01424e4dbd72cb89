// check_chain: the path from a certificate to an anchor.
#include "certs/certificate.hpp"
#include "certs/expired_chain.hpp"
#include "certs/openssl.hpp"
#include "certs/revocation.hpp"

namespace sallyport::certs {
namespace {

constexpr int intermediates_max = 5;  // in one path
constexpr int security_level = 2;     // OpenSSL's name for at least 112 bits

using StackPtr =
    std::unique_ptr<STACK_OF(X509), FreeWith<[](STACK_OF(X509) * stack) { sk_X509_free(stack); }>>;

Error untrusted(const Certificate& certificate, const std::string& why) {
    return {Errc::untrusted, "certificate " + certificate.subject() + ": " + why};
}

Result<void> check_leaf(const Certificate& leaf, const ChainPolicy& policy) {
    if (leaf.is_authority()) return untrusted(leaf, "is an authority's, not one of a peer");
    if (leaf.has_extended_usage(policy.usage)) return {};
    return untrusted(leaf, policy.usage == ExtendedUsage::server_auth
                               ? "is not for a server (extended key usage serverAuth is missing)"
                               : "is not for a client (extended key usage clientAuth is missing)");
}

Result<void> set_policy(X509_STORE_CTX* context, const ChainPolicy& policy) {
    const int purpose = policy.usage == ExtendedUsage::server_auth ? X509_PURPOSE_SSL_SERVER
                                                                   : X509_PURPOSE_SSL_CLIENT;
    auto* parameters = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(parameters, std::chrono::system_clock::to_time_t(policy.at));
    X509_VERIFY_PARAM_set_depth(parameters, intermediates_max);
    X509_VERIFY_PARAM_set_auth_level(parameters, security_level);
    if (X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
        X509_STORE_CTX_set_purpose(context, purpose) == 1)
        return {};
    return openssl_error("prepare the check of a certificate");
}

Error verification_error(X509_STORE_CTX* context, const Certificate& leaf) {
    const int reason = X509_STORE_CTX_get_error(context);
    const std::string why = X509_verify_cert_error_string(reason);
    auto* current = X509_STORE_CTX_get_current_cert(context);
    (void)openssl_error({});  // the reason says it all; leave nothing in the queue
    if (current == nullptr) return untrusted(leaf, why);
    const auto at = Certificate::of(current);
    return untrusted(at ? *at : leaf, why);
}

Result<void> check_taken_back(const Certificate& certificate, const ChainPolicy& policy) {
    if (policy.is_denied && policy.is_denied(certificate))
        return untrusted(certificate, "is on the deny list");
    if (policy.revoked == nullptr) return {};
    auto judged = policy.revoked->judge(certificate, policy.at);
    if (judged.verdict == RevocationLists::Verdict::good) return {};
    return Error{Errc::untrusted, "the certificate is refused: " + std::move(judged.why)};
}

/// The anchor, last in the verified path, is ours to list or not: nobody denies it here.
Result<void> check_path(X509_STORE_CTX* context, const Certificate& leaf,
                        const ChainPolicy& policy) {
    std::vector<Certificate> path{leaf};
    auto* verified = X509_STORE_CTX_get0_chain(context);
    for (int i = 1; i + 1 < sk_X509_num(verified); ++i) {
        auto intermediate = Certificate::of(sk_X509_value(verified, i));
        if (!intermediate) return intermediate.error();
        path.push_back(std::move(*intermediate));
    }
    for (const auto& certificate : path)
        if (auto checked = check_taken_back(certificate, policy); !checked) return checked.error();
    if (policy.path != nullptr) *policy.path = std::move(path);
    return {};
}

int forgive_end_of_leaf(int ok, X509_STORE_CTX* context) {
    if (ok == 1) return 1;
    if (X509_STORE_CTX_get_error(context) != X509_V_ERR_CERT_HAS_EXPIRED ||
        X509_STORE_CTX_get_error_depth(context) != 0)
        return 0;
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
}

/// `judge` is asked about every fault that is found; null: each one counts.
Result<void> check(const Certificate& leaf, std::span<const Certificate> intermediates,
                   std::span<const Certificate> anchors, const ChainPolicy& policy,
                   X509_STORE_CTX_verify_cb judge) {
    if (auto fits = check_leaf(leaf, policy); !fits) return fits.error();
    const StorePtr store(X509_STORE_new());
    const StackPtr extra(sk_X509_new_null());
    const StoreContextPtr context(X509_STORE_CTX_new());
    if (!store || !extra || !context) return openssl_error("check a certificate");
    for (const auto& anchor : anchors)
        if (X509_STORE_add_cert(store.get(), anchor.get()) != 1)
            return openssl_error("add a trust anchor");
    for (const auto& intermediate : intermediates)
        if (sk_X509_push(extra.get(), intermediate.get()) <= 0)
            return openssl_error("add an intermediate certificate");
    if (X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), extra.get()) != 1)
        return openssl_error("check a certificate");
    if (auto set = set_policy(context.get(), policy); !set) return set.error();
    if (judge != nullptr) X509_STORE_CTX_set_verify_cb(context.get(), judge);
    if (X509_verify_cert(context.get()) != 1) return verification_error(context.get(), leaf);
    return check_path(context.get(), leaf, policy);
}

}  // namespace

Result<void> check_chain(const Certificate& leaf, std::span<const Certificate> intermediates,
                         std::span<const Certificate> anchors, const ChainPolicy& policy) {
    return check(leaf, intermediates, anchors, policy, nullptr);
}

Result<void> check_chain_of_expired(const Certificate& leaf,
                                    std::span<const Certificate> intermediates,
                                    std::span<const Certificate> anchors,
                                    const ChainPolicy& policy) {
    return check(leaf, intermediates, anchors, policy, forgive_end_of_leaf);
}

}  // namespace sallyport::certs
