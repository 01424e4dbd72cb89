#pragma once

#include "audit/record.hpp"

#include <string_view>
#include <vector>

namespace sallyport::audit {

/// What an event is in the words of the Elastic Common Schema 8.11; only words that it allows, and
/// expects together.
struct EcsMeaning {
    std::string_view kind = "event";
    std::vector<std::string_view> categories{};
    std::vector<std::string_view> types{};
    std::string_view outcome{};  // "success", "failure", "unknown"; empty: it has none
};

EcsMeaning ecs_meaning(const Record& record);

}  // namespace sallyport::audit
