#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// The label before one of `domains` (lower case) in a Host, nothing for a domain itself or an IP
/// address. Errors: Errc::not_found for a name outside the domains: guessing a tenant there could
/// hand a client the token of another tenant than it asked for.
Result<std::optional<std::string>> subdomain_of(std::string_view host,
                                                const std::vector<std::string>& domains);

}  // namespace sallyport::hub
