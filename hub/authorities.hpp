#pragma once

#include "base/result.hpp"
#include "certs/authority.hpp"
#include "hub/store.hpp"
#include "tunnel/control_message.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace sallyport::hub {

/// The hub's own authorities: one, or two while it changes from one to the next
/// (docs/PROTOCOL.md#authorities). Immutable; a change makes another one.
struct Authorities {
    /// What the hub's certificate comes from, and what new join tokens name.
    certs::Authority current;
    /// Known to agents, so that it can take over.
    std::optional<certs::Authority> next = {};
    /// Agents get their certificates from the next one already.
    bool next_issues = false;

    const certs::Authority& issuing() const { return next && next_issues ? *next : current; }
    /// Those whose certificates are good.
    std::vector<certs::Certificate> certificates() const;
    /// What agents are told of them.
    tunnel::Trust trust() const;
};

/// Those that the database names, from the files of the hub's folder.
Result<Authorities> load_authorities(const std::filesystem::path& folder,
                                     const std::vector<AuthorityEntry>& entries);

/// Hash of an authority's key, as agents and the database write it.
std::string key_hash_text(const certs::Certificate& authority);

}  // namespace sallyport::hub
