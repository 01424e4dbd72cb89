// How `sallyport-hub agent show` and `agent list` tell what they found.
#pragma once

#include "hub/command_context.hpp"
#include "hub/restoration.hpp"
#include "hub/store.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

std::vector<std::string> location_names(const Agent& agent);

CommandOutput describe(const Agent& agent, const std::string& tenant_name,
                       std::span<const CertificateEntry> certificates);

/// All agents, or those of the tenant of that name.
CommandOutput list_agents(const StoreContent& content, std::string_view tenant_name);

/// To what describe() gave.
void add_restoration(CommandOutput& output, const std::optional<Restoration>& restored);

}  // namespace sallyport::hub
