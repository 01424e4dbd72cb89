#pragma once

#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace sallyport::certs {

class JoseKey;
class SigningKey;

/// Wraps a token so that only who holds the key can open it: a JWE in compact form (RFC 7516),
/// `dir` with A256GCM. Copies share the key. Thread safe.
class TokenSeal {
public:
    /// The seal that belongs to a signing key: it is derived from the private key, so it is the
    /// same after each start and needs no file of its own.
    static Result<TokenSeal> of(const SigningKey& key);

    Result<std::string> seal(std::string_view text) const;
    /// Only what seal() makes is opened: one header, no encrypted key, an IV of 96 and a tag of 128
    /// bits. Errors: Errc::untrusted.
    Result<std::string> open(std::string_view sealed) const;

private:
    explicit TokenSeal(std::shared_ptr<const JoseKey> key) : key_(std::move(key)) {}
    std::shared_ptr<const JoseKey> key_;
};

}  // namespace sallyport::certs
