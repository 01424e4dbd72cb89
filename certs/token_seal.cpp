#include "certs/token_seal.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/jose.hpp"
#include "certs/openssl.hpp"
#include "certs/strict_json.hpp"
#include "certs/token.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace sallyport::certs {
namespace {

constexpr std::string_view purpose = "sallyport token seal 1";
constexpr std::size_t iv_bytes = 12;
constexpr std::size_t tag_bytes = 16;

Error not_ours() { return {Errc::untrusted, "the sealed token is not one of ours"}; }

bool has_bytes(std::string_view part, std::size_t count) {
    const auto bytes = from_base64url(part);
    return bytes && bytes->size() == count;
}

/// Decided before the library sees it: cjose 0.6.2.1 takes any length of tag that a JWE brings, and
/// a short one can be guessed (CVE-2023-37464).
bool has_our_form(std::string_view sealed) {
    if (sealed.size() > token_bytes_max || std::ranges::count(sealed, '.') != 4) return false;
    std::array<std::string_view, 5> parts;
    for (auto& part : parts) {
        part = sealed.substr(0, sealed.find('.'));
        sealed.remove_prefix(std::min(sealed.size(), part.size() + 1));
    }
    const auto header = from_base64url(parts[0]);
    if (!header) return false;
    const auto read = parse_strict_object(as_text(*header));
    const boost::json::object expected{{"alg", "dir"}, {"enc", "A256GCM"}};
    return read && *read == expected && parts[1].empty() && has_bytes(parts[2], iv_bytes) &&
           !parts[3].empty() && has_bytes(parts[4], tag_bytes);
}

}  // namespace

Result<TokenSeal> TokenSeal::of(const SigningKey& key) {
    const auto pem = key.to_pem();
    if (!pem) return pem.error();
    const auto secret = as_bytes(pem->reveal());
    // HKDF-Extract (RFC 5869 section 2.2): one block is all that is needed.
    std::array<std::byte, 32> derived{};
    unsigned size = 0;
    const auto* made = HMAC(EVP_sha256(), purpose.data(), static_cast<int>(purpose.size()),
                            reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                            reinterpret_cast<unsigned char*>(derived.data()), &size);
    if (made == nullptr || size != derived.size()) return openssl_error("derive a key");
    auto jose = jose_secret_key(derived);
    OPENSSL_cleanse(derived.data(), derived.size());
    if (!jose) return jose.error();
    return TokenSeal(std::move(*jose));
}

Result<std::string> TokenSeal::seal(std::string_view text) const {
    return jose_encrypt(text, *key_);
}

Result<std::string> TokenSeal::open(std::string_view sealed) const {
    if (!has_our_form(sealed)) return not_ours();
    auto text = jose_decrypt(sealed, *key_);
    if (!text) return not_ours();
    return std::move(*text);
}

}  // namespace sallyport::certs
