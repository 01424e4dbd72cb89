// The few things asked of cjose, which is seen in jose.cpp only.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::certs {

class Key;
class JoseKey;
using JoseKeyPtr = std::shared_ptr<const JoseKey>;

/// Numbers big endian, without leading zeros; they have been judged before.
Result<JoseKeyPtr> jose_rsa_key(BytesView modulus, BytesView exponent);
/// curve_bits is 256, 384 or 521; the coordinates have its full length.
Result<JoseKeyPtr> jose_ec_key(unsigned curve_bits, BytesView x, BytesView y);
/// An RSA key that can sign.
Result<JoseKeyPtr> jose_private_key(const Key& key);

/// Only the signature of a token that parse_token() and VerificationKey have accepted.
bool jose_verify(std::string_view token, const JoseKey& key);

/// A token in compact form, RS256.
Result<std::string> jose_sign(const std::string& key_id, std::string_view payload,
                              const JoseKey& key);

/// A shared key of 256 bits, for what follows.
Result<JoseKeyPtr> jose_secret_key(BytesView key);
/// A JWE in compact form, `dir` and A256GCM.
Result<std::string> jose_encrypt(std::string_view text, const JoseKey& key);
/// Of a JWE whose form TokenSeal has accepted; nothing if it does not open.
std::optional<std::string> jose_decrypt(std::string_view jwe, const JoseKey& key);

struct RsaPublicNumbers {
    Bytes modulus;
    Bytes exponent;
};
Result<RsaPublicNumbers> rsa_public_numbers(const Key& key);

}  // namespace sallyport::certs
