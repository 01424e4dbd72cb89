#pragma once

#include "agent/config_principal.hpp"
#include "certs/certificate.hpp"
#include "certs/principal.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <iosfwd>
#include <vector>

namespace sallyport::agent {

/// The claims of a token that nobody signed, for dry runs.
struct SampleClaims {
    boost::json::object claims;
    certs::PrincipalPtr principal;  // whom a token with them would make
};

/// From `file` (JSON; "-": `in`). Nothing is verified. Errors: Errc::malformed, the detail names
/// the file.
Result<SampleClaims> read_claims(const std::filesystem::path& file, std::istream& in);

/// From claims that are read. Errors: Errc::malformed.
Result<SampleClaims> sample_of(boost::json::object claims);

/// Whether one of the providers would be believed with these claims: issuer, audience, times. What
/// they do not say is taken as right. Errors: as certs::check_claims, Errc::not_found without a
/// provider.
Result<void> check_sample(const boost::json::object& claims,
                          const std::vector<IdentityProviderConfig>& providers, certs::Time now);

}  // namespace sallyport::agent
