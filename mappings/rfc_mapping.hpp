#pragma once

#include "base/result.hpp"
#include "mappings/virtual_host.hpp"
#include "rfc/identity.hpp"
#include "rfc/policy.hpp"
#include "rfc/refusal_frames.hpp"

#include <string>

namespace sallyport::mappings {

/// What a mapping of rfc:// says beyond others: [mapping.rfc] and the functions of its rules.
struct RfcMapping {
    rfc::Policy policy{};
    rfc::Identity::Mode identity = rfc::Identity::Mode::rewrite;
    rfc::AfterRefusal after_refusal = rfc::AfterRefusal::conversation_stays;
    unsigned instance = 0;  // of the internal system

    bool operator==(const RfcMapping&) const = default;
};

/// The two names of the system. Errors: malformed, for a host that CPI-C cannot name.
Result<rfc::Identity> identity_of(const RfcMapping& mapping, const VirtualHost& virtual_host,
                                  const std::string& internal_host);

/// As messages of SAP's product name it: "abap.virtual:sapgw00".
std::string system_text(const VirtualHost& virtual_host);

/// "2:BAPI_*", as records name rules.
std::string rule_text(const RfcMapping& mapping, std::size_t index);

}  // namespace sallyport::mappings
