// How the commands and the running hub tell what was countersigned.
#pragma once

#include "hub/command_context.hpp"
#include "hub/store_witness.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <map>
#include <span>
#include <string>

namespace sallyport::hub {

/// With the alarms that stand about it.
boost::json::object to_json(const KnownLog& log, const AgentLogs& known);

/// The logs of one agent, added to what `agent show` tells.
void tell_logs(CommandOutput& output, const AgentLogs& known, const std::string& tenant);

/// `witness list`.
CommandOutput list_logs(std::span<const AgentLogs> agents,
                        const std::map<std::string, std::string>& tenant_names);

/// The alarms that stand, for status.
boost::json::array alarms_json(std::span<const AgentLogs> agents,
                               const std::map<std::string, std::string>& tenant_names);

}  // namespace sallyport::hub
