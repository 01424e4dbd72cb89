// What a [[mapping]] of rfc:// says otherwise than others; for mappings/config*.cpp only.
#pragma once

#include "base/config_reader.hpp"
#include "mappings/mapping.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::mappings {

/// [mapping.rfc] and the rules of a mapping that leads to `internal`. Nothing if one cannot be
/// used, or if it does not lead to rfc://; then [mapping.rfc] is a problem.
std::optional<RfcMapping> read_rfc(ConfigTable& table, const std::optional<VirtualHost>& name,
                                   const std::optional<InternalHost>& internal);

/// Why there is no rfcs:// and no 48NN.
inline constexpr std::string_view snc_not_offered =
    "must not ask for SNC: SNC encrypts the names of functions, so that nothing could be "
    "judged: name the gateway's "
    "ordinary port, \"rfc://host:33NN\". On the way to the agent the link encrypts";

/// What is odd about it, but allowed. `where` names the mapping.
void warn_of_rfc(const RfcMapping& mapping, const std::string& where,
                 std::vector<std::string>& warnings);

}  // namespace sallyport::mappings
