#pragma once

#include "base/result.hpp"
#include "tlog/signer.hpp"

#include <filesystem>
#include <string_view>

namespace sallyport::hub {

/// The key that countersigns audit logs: `witness.key` in the hub's state (0600), and beside it
/// `witness.vkey`, which auditors are given. Made at first use; the name in it is the one that the
/// hub had then. Errors: Errc::denied if others may read the key; Errc::conflict if the two files
/// do not belong together.
Result<tlog::Cosigner> load_witness_key(const std::filesystem::path& folder,
                                        std::string_view hub_name);

}  // namespace sallyport::hub
