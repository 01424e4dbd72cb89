#pragma once

#include "agent/config_principal.hpp"
#include "certs/certificate.hpp"
#include "certs/token.hpp"
#include "daemon/key_source.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// One [[identity_provider]], ready to judge tokens with.
struct IdentityProvider {
    certs::Expectations expected;       // all but `now`
    std::optional<certs::KeySet> keys;  // of jwks_file
    std::string source;                 // of jwks_url: its id among the key sources
};

/// Whose tokens a site believes. Immutable.
class IdentityProviders {
public:
    IdentityProviders() = default;
    /// Reads the files that the configuration names. `trust`: the authorities of [trust];
    /// `revoked`: its revocation lists, may be null.
    /// Errors: those of reading, and of KeySet::from_json; the detail names the provider.
    static Result<IdentityProviders> load(const std::vector<IdentityProviderConfig>& configs,
                                          std::span<const certs::Certificate> trust,
                                          std::shared_ptr<const certs::RevocationLists> revoked);

    /// Null if nobody of that name is believed.
    const IdentityProvider* find(std::string_view issuer) const;
    const std::vector<IdentityProvider>& all() const { return providers_; }
    /// The key sets that have to be fetched.
    const std::vector<daemon::KeySource>& sources() const { return sources_; }

private:
    std::vector<IdentityProvider> providers_;
    std::vector<daemon::KeySource> sources_;
};

}  // namespace sallyport::agent
