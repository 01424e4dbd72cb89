// `explain RFC`: what becomes of a call of a function module.
#pragma once

#include "agent/command_context.hpp"
#include "mappings/mapping.hpp"

#include <boost/json/fwd.hpp>

#include <string>

namespace sallyport::agent {

struct RfcQuestion {
    std::string function;  // empty: only the stream is asked for
    std::string client;    // of the logon; empty: not asked
    std::string user;      // likewise
};

/// Adds the verdict on a stream that its mapping lets through, and on the call that is asked for.
void explain_rfc(const mappings::Mapping& mapping, const RfcQuestion& question,
                 CommandOutput& output, boost::json::object& facts);

/// Its rules, as `mappings list` has them.
boost::json::array rules_json(const mappings::RfcMapping& mapping);
std::string rules_text(const mappings::RfcMapping& mapping);

}  // namespace sallyport::agent
