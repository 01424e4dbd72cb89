#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/jose.hpp"
#include "certs/key.hpp"
#include "certs/sha256.hpp"
#include "certs/token.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace sallyport::certs {

struct SigningKey::Parts {
    Key key;
    JoseKeyPtr jose;
    std::string key_id;
    std::string modulus;   // base64url
    std::string exponent;  //

    static Result<std::shared_ptr<const Parts>> of(Key key);
};

Result<std::shared_ptr<const SigningKey::Parts>> SigningKey::Parts::of(Key key) {
    auto numbers = rsa_public_numbers(key);
    if (!numbers) return Error{Errc::unsupported, "tokens are signed with an RSA key only"};
    auto jose = jose_private_key(key);
    if (!jose) return jose.error();
    const auto modulus = to_base64url(numbers->modulus);
    const auto exponent = to_base64url(numbers->exponent);
    // RFC 7638 section 3: the required members, in this order and without white space.
    const auto canonical = R"({"e":")" + exponent + R"(","kty":"RSA","n":")" + modulus + R"("})";
    auto key_id = to_base64url(sha256(as_bytes(canonical)));
    Parts parts{std::move(key), std::move(*jose), std::move(key_id), modulus, exponent};
    return std::shared_ptr<const Parts>(std::make_shared<const Parts>(std::move(parts)));
}

Result<SigningKey> SigningKey::generate() {
    auto key = Key::generate(KeyKind::rsa2048);
    if (!key) return key.error();
    auto parts = Parts::of(std::move(*key));
    if (!parts) return parts.error();
    return SigningKey(std::move(*parts));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
    auto key = Key::from_pem(pem);
    if (!key) return key.error();
    auto parts = Parts::of(std::move(*key));
    if (!parts) return parts.error();
    return SigningKey(std::move(*parts));
}

Result<Secret> SigningKey::to_pem() const { return parts_->key.to_pem(); }

const std::string& SigningKey::key_id() const { return parts_->key_id; }

Result<std::string> SigningKey::sign_token(const boost::json::object& claims) const {
    auto token = jose_sign(parts_->key_id, boost::json::serialize(claims), *parts_->jose);
    if (token && token->size() > token_bytes_max)
        return Error{Errc::limit, "a token above 16 KiB would be refused everywhere"};
    return token;
}

boost::json::object SigningKey::public_jwk() const {
    return {{"kty", "RSA"},          {"e", parts_->exponent}, {"n", parts_->modulus},
            {"kid", parts_->key_id}, {"alg", "RS256"},        {"use", "sig"}};
}

std::string public_key_set(std::span<const SigningKey> keys) {
    boost::json::array list;
    for (const auto& key : keys) list.emplace_back(key.public_jwk());
    boost::json::object set;
    set["keys"] = std::move(list);
    return boost::json::serialize(set);
}

}  // namespace sallyport::certs
