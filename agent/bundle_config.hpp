#pragma once

#include <string_view>

namespace sallyport::agent {

/// Whether a key of agent.toml or mappings.d may stand in a bundle for support: "hub.url". What is
/// free text, and what nobody put on the list, may not.
bool may_bundle(std::string_view key);

}  // namespace sallyport::agent
