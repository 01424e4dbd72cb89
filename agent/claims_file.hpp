#pragma once

#include "certs/principal.hpp"

#include <filesystem>
#include <iosfwd>

namespace sallyport::agent {

/// For dry runs: the principal that a token with the claims in `file` (JSON; "-": `in`) would make.
/// Nothing is verified. Errors: Errc::malformed, the detail names the file.
Result<certs::PrincipalPtr> read_claims(const std::filesystem::path& file, std::istream& in);

}  // namespace sallyport::agent
