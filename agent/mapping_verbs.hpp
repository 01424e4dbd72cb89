// What may be asked of the running agent about mappings (docs/OPERATIONS.md#changing).
#pragma once

#include <string_view>

namespace sallyport::agent {

/// GET: {"mappings": [...]}, each as `mappings list --json` has it.
inline constexpr std::string_view mappings_target = "/v1/mappings";
/// POST: OverrideRequest::parse().
inline constexpr std::string_view override_target = "/v1/mappings/override";
/// POST: {"virtual": ...}, or {"all": true}.
inline constexpr std::string_view clear_target = "/v1/mappings/clear";

/// POST: a configuration that is not in force yet, {"documents": [{"name", "text"}, ...]}, the main
/// one first. 422 with its problems, or what it would change. Nothing is changed, or on record.
inline constexpr std::string_view check_target = "/v1/mappings/check";

}  // namespace sallyport::agent
