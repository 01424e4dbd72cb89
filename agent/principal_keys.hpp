#pragma once

#include "agent/config.hpp"
#include "certs/principal_authority.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// The keys with which the agent speaks to back ends for its users and for itself.
struct PrincipalKeys {
    std::shared_ptr<const certs::PrincipalAuthority> authority;
    std::shared_ptr<const certs::KeyAndChain> system;  // imported; null: the authority issues one

    /// What the mappings of `config` need, from its state directory; the authority is made when it
    /// is needed for the first time.
    static Result<PrincipalKeys> load(const Config& config, certs::Time now);
    /// Whether they show the same.
    bool is_same(const PrincipalKeys& other) const;

    static std::filesystem::path authority_file(const Config& config);
    static std::filesystem::path system_file(const Config& config);
    /// The key for which a certificate was requested and not imported yet. `kind` as in
    /// `certs csr`.
    static std::filesystem::path pending_file(const Config& config, std::string_view kind);
    /// The principal CA that back ends are getting to know, before it is used.
    static std::filesystem::path next_authority_file(const Config& config);
};

/// As its tunnel certificate says: the name in a system certificate that the agent issues itself.
/// "sallyport" while it is not enrolled.
std::string agent_name_of(const Config& config);

/// Whether the back end of `mapping` is to see any certificate.
bool shows_certificates(const mappings::Mapping& mapping);

}  // namespace sallyport::agent
