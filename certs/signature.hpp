// Signatures over a message with a key of any kind we accept: SHA-256 with ECDSA or RSA PKCS #1
// v1.5, or Ed25519.
#pragma once

#include "base/result.hpp"
#include "certs/key.hpp"
#include "certs/public_key.hpp"

#include <string>
#include <string_view>

namespace sallyport::certs {

inline constexpr std::size_t signature_bytes_max = 2 * 1024;

/// The message should say what it is for, so that no signature serves another purpose.
Result<std::string> sign(const Key& key, std::string_view message);
/// Errors: Errc::untrusted.
Result<void> verify(const PublicKey& key, std::string_view message, std::string_view signature);

}  // namespace sallyport::certs
