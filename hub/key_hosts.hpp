#pragma once

#include "base/result.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// A virtual host that an access key is for, as it is kept: "abap.virtual:3300", or "abap.virtual"
/// with every port. Reads the same in any case, and the service names of mappings::VirtualHost.
/// Errors: Errc::malformed; the detail says what is expected.
Result<std::string> parse_key_host(std::string_view text);

/// All of them, without repetitions. Errors: those of one; Errc::limit above access_key_hosts_max.
Result<std::vector<std::string>> parse_key_hosts(std::span<const std::string> texts);

/// Whether a key that is for these leads to `authority`, "host:port" as mappings::VirtualHost
/// writes it. One that is for none in particular leads to all.
bool leads_to(std::span<const std::string> hosts, std::string_view authority);

}  // namespace sallyport::hub
