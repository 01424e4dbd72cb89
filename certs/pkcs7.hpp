// "Certs-only" PKCS#7, the answer of EST (RFC 7030 section 4.1.3): a degenerate SignedData without
// signers. It carries certificates and proves nothing about them.
#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::certs {

inline constexpr std::size_t pkcs7_bytes_max = 256 * 1024;

/// DER.
Result<std::string> encode_certs_only(std::span<const Certificate> certificates);

/// At least one certificate, at most chain_certificates_max, in the order of the message, which
/// means nothing (a SET).
Result<std::vector<Certificate>> decode_certs_only(std::string_view der);

}  // namespace sallyport::certs
