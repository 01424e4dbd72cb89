#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "certs/authority.hpp"
#include "certs/certificate.hpp"
#include "certs/key.hpp"
#include "certs/token.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

inline constexpr std::chrono::seconds hub_certificate_lifetime = std::chrono::days(365);
/// Less than this much left: the hub makes itself a new certificate. Agents know the authority, not
/// the certificate, so they do not notice.
inline constexpr std::chrono::seconds hub_certificate_renewal = std::chrono::days(90);

/// What the hub is, on disk in one folder (0700, keys 0600):
///
///     ca.pem ca.key      the authority that agents are pinned to; losing ca.key means enrolling
///                        every agent again. After a change (`ca prepare`) ca-2.pem and so on
///     hub.pem hub.key    what the hub shows to agents
///     token.pem          signs access tokens
///     witness.key        countersigns audit logs (see load_witness_key)
///     hub.db             tenants, clients, agents (see Store)
///     witness.db         what was countersigned (see WitnessStore)
struct HubState {
    certs::Authority authority;
    std::vector<certs::Certificate> chain;  // own certificate first
    certs::Key key;
    certs::SigningKey signing_key;
    std::filesystem::path folder;

    std::filesystem::path database() const { return folder / "hub.db"; }
};

/// Makes the state of a new hub; takes up to a second. `hub_name` is the DNS name (or IPv4 address)
/// under which agents reach it. Run by root in somebody else's folder, the files are that user's.
/// Errors: Errc::conflict if any of the files exists: nothing is overwritten.
Result<HubState> create_state(const std::filesystem::path& folder, std::string_view hub_name,
                              certs::Time now);

/// The authority with that number. Errors: as load_state.
Result<certs::Authority> load_authority(const std::filesystem::path& folder, std::int64_t number);
/// Makes the files of another one, in place of any that a step cut off has left.
Result<void> create_authority(const std::filesystem::path& folder, std::int64_t number,
                              certs::Time now);

/// A key, which nobody but its owner may be able to read. Errors: Errc::denied if others may.
Result<Secret> read_private(const std::filesystem::path& file);
/// Files that root makes in somebody else's folder are that user's.
Result<void> give_to_owner_of(const std::filesystem::path& folder,
                              const std::vector<std::string>& names);

/// Its authority is the one with that number.
/// Errors: Errc::not_found if there is no hub here yet, Errc::denied if a private key can be read
/// by others.
Result<HubState> load_state(const std::filesystem::path& folder, std::int64_t authority = 1);

/// Makes the hub a new key and certificate, in memory and on disk, if the present one ends soon,
/// does not name `hub_name`, is not from the present authority, or does not fit the key (a renewal
/// was cut off). True if it did. Call it at start and from time to time.
Result<bool> renew_hub_certificate(HubState& state, std::string_view hub_name, certs::Time now);

}  // namespace sallyport::hub
