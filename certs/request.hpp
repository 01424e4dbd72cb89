// PKCS#10 certification requests (RFC 2986).
#pragma once

#include "base/result.hpp"
#include "certs/distinguished_name.hpp"
#include "certs/key.hpp"
#include "certs/public_key.hpp"

#include <string>
#include <string_view>

namespace sallyport::certs {

inline constexpr std::size_t request_bytes_max = 16 * 1024;

/// DER, signed by `key`. The common name is only a hint to foreign authorities: our own takes
/// nothing but the key from a request. At most 64 characters (RFC 5280 ub-common-name).
Result<std::string> make_request_der(const Key& key, std::string_view common_name);

/// What is asked for: a foreign authority may take it or not.
enum class RequestFor { client, authority };
struct RequestContent {
    DistinguishedName subject;
    RequestFor purpose = RequestFor::client;
};
/// PEM. Asks for clientAuth, or for an authority that signs certificates.
Result<std::string> make_request_pem(const Key& key, const RequestContent& content);

/// The key of a request whose self-signature is right: whoever made it holds the private half.
/// Errors: Errc::malformed (not one request), unsupported (kind of key), untrusted (signature).
Result<PublicKey> parse_request(std::string_view der);

}  // namespace sallyport::certs
