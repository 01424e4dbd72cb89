// What administrators may call things.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace sallyport::hub {

/// Tenants and agents: 1..64 characters of A-Z a-z 0-9 . _ - (they stand in SPIFFE names).
/// Errors: Errc::malformed, saying what is allowed; `what` names the thing for the reader.
Result<void> check_name(std::string_view what, std::string_view name);
/// Locations: the same, or empty for the default location.
Result<void> check_location(std::string_view location);
/// One lower-case DNS label.
Result<void> check_subdomain(std::string_view subdomain);
/// 128 random bits in the usual form of a UUID (RFC 9562 section 5.4).
std::string random_id();

}  // namespace sallyport::hub
