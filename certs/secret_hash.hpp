// Dice for secrets, and how secrets we hand out are stored.
#pragma once

#include "base/bytes.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::certs {

/// From OpenSSL's generator for private values. Ends the program if the system has no randomness:
/// there is no safe way to go on.
Bytes random_bytes(std::size_t count);

/// 256 random bits as base64url (43 characters).
Secret random_secret();

/// Salted SHA-256, as text for the database: "v1$<salt>$<hash>", both base64url. A fast hash is
/// right *only* because our secrets are 128 random bits or more, which nobody can guess, however
/// fast; it would be wrong for anything a person chose.
std::string hash_secret(std::string_view secret);

/// In constant time for a given length. False for a `stored` text that is not ours.
bool verify_secret(std::string_view secret, std::string_view stored);

}  // namespace sallyport::certs
