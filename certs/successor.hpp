// The word of a new key that it follows a certificate: what an agent whose certificates come from
// an external authority tells the hub with each renewal (docs/PROTOCOL.md#external).
#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/key.hpp"

#include <string>
#include <string_view>

namespace sallyport::certs {

/// Signed by the key of `next`: it names this hub and both certificates, so it is of no use for any
/// other hub, agent or renewal.
Result<std::string> sign_succession(const Key& next_key, std::string_view hub,
                                    const Certificate& present, const Certificate& next);
/// Errors: Errc::untrusted.
Result<void> verify_succession(std::string_view signature, std::string_view hub,
                               const Certificate& present, const Certificate& next);

}  // namespace sallyport::certs
