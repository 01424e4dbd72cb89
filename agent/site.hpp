#pragma once

#include "agent/config.hpp"
#include "agent/identity_providers.hpp"
#include "agent/kerberos_names.hpp"
#include "agent/overrides.hpp"
#include "agent/technical_credentials.hpp"
#include "certs/subject_rules.hpp"
#include "daemon/last_good.hpp"
#include "mappings/table.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::net {
class TlsContext;
}

namespace sallyport::agent {

struct BackEndTrust;

/// What this site exposes at one moment: one valid configuration, the table made of it, and whom
/// its back ends must prove to be. Immutable; a reload makes a new one, and an exchange keeps the
/// one it began with.
struct Site {
    Config config;                             // its mappings: with the overrides
    std::vector<mappings::Mapping> written{};  // as the files say them
    Overrides overrides{};
    std::optional<daemon::LastGoodUse> last_good{};
    mappings::Table table;
    IdentityProviders identity_providers;
    std::shared_ptr<const net::TlsContext> trust;                          // for https back ends
    std::map<std::string, std::shared_ptr<const net::TlsContext>> pinned;  // by pin_key()
    std::string trust_digest;      // of the certificates it was made of
    certs::SubjectRules subjects;  // as whom back ends see users
    KerberosUsers kerberos_users;  // as whom a KDC knows them
    std::map<std::filesystem::path, TechnicalCredentialsPtr> technical{};  // by credentials_file

    std::vector<ssh::CredentialsPtr> ssh_credentials{};  // as config.ssh names them

    /// Reads everything the configuration names. Errors: as Config::load, and for files it names.
    static Result<std::shared_ptr<const Site>> load(const std::filesystem::path& file);

    /// What the daemon puts in force: load(), with the overrides of the state directory.
    static Result<std::shared_ptr<const Site>> in_force(const std::filesystem::path& file);
    /// The same of a configuration that was read already.
    static Result<std::shared_ptr<const Site>> in_force(Config config);
    /// The same configuration with other overrides. Errors: as Table::create, which has taken these
    /// mappings before.
    Result<std::shared_ptr<const Site>> with(Overrides changed) const;
    /// Of a configuration that was read already: part of load().
    static Result<std::shared_ptr<const Site>> make(Config config);

    /// Whom that host of `mapping` must prove to be.
    const std::shared_ptr<const net::TlsContext>& trust_of(const mappings::Mapping& mapping,
                                                           std::size_t host = 0) const;

    /// How to log on at that SSH server; null if nothing says it.
    ssh::CredentialsPtr ssh_of(std::string_view host, std::uint16_t port) const;

    /// `trust` and `pinned`: part of load().
    Result<void> make_contexts(const BackEndTrust& from);
    /// What `config` says of users: part of load().
    Result<void> read_principals();
    Result<void> read_kerberos();
    Result<void> read_ssh();
};

/// What `check` and `status` warn of: the configuration's, and what is closed or soon will be.
std::vector<std::string> all_warnings(const Site& site);

using SitePtr = std::shared_ptr<const Site>;

}  // namespace sallyport::agent
