#pragma once

#include "certs/openssl.hpp"

#include <string>
#include <string_view>

namespace sallyport::test {

/// Makes tokens of any form, right and wrong, with OpenSSL alone: what the product makes of them is
/// so compared with another implementation. Any failure throws.
class TokenForge {
public:
    static TokenForge rsa(unsigned bits = 2048);
    static TokenForge ec(const char* curve = "P-256");

    /// header "." payload "." signature; all in unpadded base64url. `algorithm` (RS256 ... ES512,
    /// or HS256 with the public key's PEM as secret) says how it is signed, whatever the header
    /// says.
    std::string token(std::string_view header, std::string_view payload,
                      std::string_view algorithm) const;
    /// The signature alone, not encoded.
    std::string sign(std::string_view text, std::string_view algorithm) const;

    /// A public JWK; `members` is text put after the key itself, e.g. R"("kid":"k1","use":"sig")".
    std::string jwk(std::string_view members) const;
    std::string public_pem() const;
    std::string private_pem() const;

private:
    explicit TokenForge(EVP_PKEY* key);
    std::string number(const char* parameter, std::size_t bytes) const;

    certs::KeyPtr key_;
};

/// {"keys":[...]} of JWKs separated by commas.
inline std::string key_set_of(std::string_view jwks) {
    return R"({"keys":[)" + std::string(jwks) + "]}";
}

}  // namespace sallyport::test
