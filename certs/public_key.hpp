#pragma once

#include "base/result.hpp"
#include "certs/sha256.hpp"

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

namespace sallyport::certs {

/// SHA-256 over the DER of a SubjectPublicKeyInfo: the name of a key, whoever certifies it.
using KeyHash = Sha256;

/// The public half of a key, of a kind and strength we accept: RSA with 2048 to 8192 bits, EC on
/// P-256, P-384 or P-521, Ed25519. The upper bound keeps a peer from making us verify forever.
class PublicKey {
public:
    /// Takes a further reference to `key` (or its public half). Errors: Errc::unsupported.
    static Result<PublicKey> of(EVP_PKEY* key);
    /// The same for a key without a private half: it is shared, not copied.
    static Result<PublicKey> share(EVP_PKEY* key);

    const KeyHash& hash() const { return hash_; }
    /// "EC P-256", "RSA 3072", "Ed25519": for people.
    std::string description() const;
    /// Valid as long as any copy lives. Not to be changed.
    EVP_PKEY* get() const { return key_.get(); }

    friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.hash_ == b.hash_; }

private:
    enum class Half { any, is_public };
    static Result<PublicKey> make(EVP_PKEY* key, Half half);
    PublicKey(std::shared_ptr<EVP_PKEY> key, const KeyHash& hash);

    std::shared_ptr<EVP_PKEY> key_;
    KeyHash hash_;
};

}  // namespace sallyport::certs
