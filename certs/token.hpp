// Signed tokens: JWT (RFC 7519) as JWS in compact form (RFC 7515), with the precautions of RFC
// 8725.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sallyport::certs {

inline constexpr std::size_t token_bytes_max = 16 * 1024;
inline constexpr std::size_t key_set_bytes_max = 256 * 1024;
inline constexpr std::size_t key_set_keys_max = 64;

/// Why a token was refused: `error().code == TokenFault::expired`.
enum class TokenFault {
    malformed = 1,  // not a token, or one that could be read in two ways
    algorithm,      // not allowed, or does not fit the key
    key,            // no such key in the set: perhaps the set is old
    signature,      // does not match
    expired,
    not_yet_valid,
    issuer,     // not one of those we believe
    audience,   // meant for somebody else
    user_type,  // a person's where an application's belongs, or the other way round
};

const boost::system::error_category& token_category();
inline boost::system::error_code make_error_code(TokenFault fault) {
    return {static_cast<int>(fault), token_category()};
}

/// An RSA key that signs tokens with RS256. Its key id is the thumbprint of RFC 7638, so that it is
/// the same after each start. Copies share one key. Thread safe.
class SigningKey {
public:
    /// RSA 2048; takes up to a second: not on a loop thread.
    static Result<SigningKey> generate();
    static Result<SigningKey> from_pem(std::string_view pem);
    Result<Secret> to_pem() const;

    const std::string& key_id() const;
    /// Header {"alg":"RS256","typ":"JWT","kid":...}. The claims are signed as they are.
    Result<std::string> sign_token(const boost::json::object& claims) const;
    /// {"kty","e","n","kid","alg":"RS256","use":"sig"}
    boost::json::object public_jwk() const;

private:
    struct Parts;
    explicit SigningKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
    std::shared_ptr<const Parts> parts_;
};

/// {"keys":[...]}: what a token service publishes (RFC 7517).
std::string public_key_set(std::span<const SigningKey> keys);

class KeySet;
struct Expectations;
struct ParsedToken;
class VerifiedToken;

/// Whether `token` is signed by a key of `keys` and says what is expected. What the token says
/// about where to find keys (jku, jwk, x5u, x5c) is never followed.
Result<VerifiedToken> verify(std::string_view token, const KeySet& keys,
                             const Expectations& expected);
/// The same for a token that parse_token() has read already: `parsed` is what it made of `token`.
Result<VerifiedToken> verify(std::string_view token, ParsedToken parsed, const KeySet& keys,
                             const Expectations& expected);

/// Public keys of an issuer. Copies share one immutable set. Thread safe.
class KeySet {
public:
    /// Reads a JWK set (RFC 7517 section 5). Keys of unknown kinds, weak keys, symmetric keys and
    /// keys that are not for signatures are skipped, as the RFC wants; a set without any key left
    /// is an error.
    static Result<KeySet> from_json(std::string_view json);
    std::size_t size() const;
    bool has_key_id(std::string_view key_id) const;

private:
    struct Parts;
    explicit KeySet(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
    friend Result<VerifiedToken> verify(std::string_view, ParsedToken, const KeySet&,
                                        const Expectations&);
    std::shared_ptr<const Parts> parts_;
};

struct Expectations {
    std::vector<std::string> issuers;    // `iss` must be one of these, byte for byte
    std::vector<std::string> audiences;  // `aud` must contain one of these
    bool any_audience = false;           // `aud` is not looked at: only by explicit configuration
    std::chrono::system_clock::time_point now;
    std::chrono::seconds leeway{60};               // for clocks that differ
    std::chrono::seconds expiration_tolerance{0};  // an expired token still counts, beyond that
};

/// A token that was verified; only verify() makes one.
class VerifiedToken {
public:
    const boost::json::object& claims() const { return claims_; }
    /// A claim if it is there and a string.
    std::optional<std::string_view> text(std::string_view claim) const;
    /// A claim that is a list of strings, or one string as a list of one; else empty.
    std::vector<std::string_view> texts(std::string_view claim) const;

    std::string_view issuer() const { return *text("iss"); }
    std::vector<std::string_view> audiences() const { return texts("aud"); }
    std::chrono::sys_seconds expires_at() const { return expires_at_; }
    std::optional<std::chrono::sys_seconds> issued_at() const { return issued_at_; }
    const std::string& algorithm() const { return algorithm_; }
    const std::string& key_id() const { return key_id_; }  // may be empty

private:
    VerifiedToken() = default;
    friend Result<VerifiedToken> verify(std::string_view, ParsedToken, const KeySet&,
                                        const Expectations&);

    boost::json::object claims_;
    std::chrono::sys_seconds expires_at_;
    std::optional<std::chrono::sys_seconds> issued_at_;
    std::string algorithm_;
    std::string key_id_;
};

}  // namespace sallyport::certs

template <>
struct boost::system::is_error_code_enum<sallyport::certs::TokenFault> : std::true_type {};
