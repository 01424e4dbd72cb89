#pragma once

#include "agent/command_context.hpp"
#include "base/result.hpp"
#include "mappings/mapping.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace sallyport::agent {

/// What `sallyport explain LDAP` says of an operation ("search", "extended:1.2.3") on a mapping:
/// its text and exit code; its facts are added to `facts`. Errors: Errc::malformed with what to
/// ask instead.
Result<CommandOutput> explain_ldap(const mappings::Mapping& mapping, std::string_view operation,
                                   boost::json::object& facts);

}  // namespace sallyport::agent
