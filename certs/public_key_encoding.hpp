// Public keys as the bytes that other programs know them by.
#pragma once

#include "base/bytes.hpp"
#include "certs/public_key.hpp"

#include <string>

namespace sallyport::certs {

/// DER of the SubjectPublicKeyInfo: what PublicKey::hash() is the hash of.
Result<Bytes> subject_public_key_info(const PublicKey& key);
/// Errors: Errc::malformed, also for another spelling than OpenSSL's; those of PublicKey::of().
Result<PublicKey> from_subject_public_key_info(BytesView der);

/// The same as PEM ("PUBLIC KEY"), as `openssl pkeyutl -pubin` reads it.
Result<std::string> public_key_pem(const PublicKey& key);

inline constexpr std::size_t ed25519_key_bytes = 32;

/// RFC 8032 section 5.1.5. Errors: Errc::unsupported for another kind.
Result<Bytes> ed25519_bytes(const PublicKey& key);
Result<PublicKey> from_ed25519_bytes(BytesView bytes);

bool is_ed25519(const PublicKey& key);
bool is_p256(const PublicKey& key);

}  // namespace sallyport::certs
