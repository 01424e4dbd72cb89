// Public keys as somebody has kept them, and gives them to a command.
#pragma once

#include "base/result.hpp"
#include "tlog/verifier_key.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// A verifier key, or a whole line of the file `vkeys`, which has a size in front; with space
/// around it. Errors: those of VerifierKey::parse(), with the text that was given.
Result<tlog::VerifierKey> given_key(std::string_view text);

Result<std::vector<tlog::VerifierKey>> given_keys(const std::vector<std::string>& texts);

}  // namespace sallyport::daemon
