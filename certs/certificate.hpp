#pragma once

#include "base/result.hpp"
#include "certs/public_key.hpp"
#include "certs/sha256.hpp"

#include <openssl/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::certs {

using Time = std::chrono::system_clock::time_point;
/// SHA-256 over the DER of a certificate.
using Fingerprint = Sha256;

enum class ExtendedUsage { server_auth, client_auth };

/// An X.509 certificate. Copies share one immutable object.
class Certificate {
public:
    static Result<Certificate> from_pem(std::string_view pem);
    /// Refuses bytes after the end.
    static Result<Certificate> from_der(std::string_view der);
    /// Takes a further reference, e.g. to what a TLS handshake delivered. `certificate` not null.
    static Result<Certificate> of(X509* certificate);

    std::string to_pem() const;
    std::string to_der() const;

    /// RFC 2253 form, e.g. "CN=berlin-1,O=acme". For people and logs, not for decisions.
    std::string subject() const;
    std::string issuer() const;
    /// Lower-case hexadecimal without leading zeros.
    std::string serial() const;
    Time not_before() const { return not_before_; }
    Time not_after() const { return not_after_; }

    /// Subject alternative names as they stand in the certificate. A name with a NUL byte or a
    /// character outside ASCII makes the whole certificate unreadable, so none is here.
    std::vector<std::string> dns_names() const;
    std::vector<std::string> uris() const;

    /// Says it itself: a certificate without the extension has no usage.
    bool has_extended_usage(ExtendedUsage usage) const;
    bool is_authority() const;
    /// RFC 6125: subject alternative names only (DNS, or IP address if `host` is one); a wildcard
    /// stands for one whole leftmost label.
    bool matches_host(std::string_view host) const;

    const PublicKey& public_key() const { return public_key_; }
    const KeyHash& public_key_hash() const { return public_key_.hash(); }
    const Fingerprint& fingerprint() const { return fingerprint_; }

    /// Valid as long as any copy lives. Not to be changed.
    X509* get() const { return certificate_.get(); }

    friend bool operator==(const Certificate& a, const Certificate& b) {
        return a.fingerprint_ == b.fingerprint_;
    }

private:
    Certificate(std::shared_ptr<X509> certificate, PublicKey key);

    std::shared_ptr<X509> certificate_;
    PublicKey public_key_;
    Fingerprint fingerprint_{};
    Time not_before_;
    Time not_after_;
};

/// All certificates of a PEM text, in their order; text between the blocks is skipped. At least
/// one, at most chain_certificates_max.
inline constexpr std::size_t chain_certificates_max = 16;
Result<std::vector<Certificate>> read_chain_pem(std::string_view pem);
std::string write_chain_pem(std::span<const Certificate> chain);

/// True for a certificate that must not be accepted although everything else is right (deny list).
using IsDenied = std::function<bool(const Certificate&)>;

class RevocationLists;

struct ChainPolicy {
    ExtendedUsage usage = ExtendedUsage::server_auth;
    Time at;
    IsDenied is_denied = {};  // asked for the leaf and every intermediate; empty: none is denied
    const RevocationLists* revoked = nullptr;  // asked likewise; null: there are no lists
    std::vector<Certificate>* path = nullptr;  // not null: gets the leaf and every intermediate
};

/// RFC 5280 section 6 from `leaf` up to one of `anchors` (an anchor need not be self-signed). The
/// leaf must name `policy.usage` itself and must not be an authority; signatures and keys need at
/// least 112 bits of strength. Errors: Errc::untrusted, the detail names the certificate and why.
Result<void> check_chain(const Certificate& leaf, std::span<const Certificate> intermediates,
                         std::span<const Certificate> anchors, const ChainPolicy& policy);

}  // namespace sallyport::certs
