#pragma once

#include <string_view>

namespace sallyport::hub {

/// Whether a key of hub.toml may stand in a bundle for support. What is free text, and what nobody
/// put on the list, may not.
bool may_bundle(std::string_view key);

}  // namespace sallyport::hub
