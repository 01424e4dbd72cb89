// That an agent came out of a backup, as the hub keeps it.
#pragma once

#include "base/result.hpp"
#include "certs/restored.hpp"
#include "hub/store_records.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace sallyport::hub {

class Witness;

/// Of the present enrolment of an agent.
struct Restoration {
    TimePoint at;
    std::string text;  // what the hub knows to be missing
};

/// nullopt if the agent did not come out of a backup. Blocks. Errors: as those of Store.
Result<std::optional<Restoration>> restoration_of(const std::filesystem::path& database,
                                                  const AgentKey& agent);

/// After the token was used up: the witness learns what follows, the agent is marked, and
/// `agent.restored` goes to the hub's audit log. Blocks; what fails is in the journal. `witness`
/// outlives the function.
std::function<void(const AgentKey&, const certs::Restored&, TimePoint)> restoration_keeper(
    std::filesystem::path database, Witness& witness);

}  // namespace sallyport::hub
