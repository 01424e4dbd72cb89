// From one authority to the next, in steps that can be taken back (docs/PROTOCOL.md#authorities).
#pragma once

#include "base/result.hpp"
#include "hub/store.hpp"

#include <string_view>
#include <vector>

namespace sallyport::hub {

enum class AuthorityStep { prepare, activate, retire, rollback };

/// What `ca status` calls it.
enum class AuthorityPhase {
    stable,     // one authority
    prepared,   // agents learn to trust the next one
    activated,  // and get their certificates from it
};
std::string_view to_text(AuthorityPhase phase);
AuthorityPhase phase_of(const std::vector<AuthorityEntry>& entries);

/// The one with this role, or nullptr.
const AuthorityEntry* find_role(const std::vector<AuthorityEntry>& entries, AuthorityRole role);

/// The entries after a step. Errors: Errc::conflict if the phase does not allow it; the detail says
/// which step does.
Result<std::vector<AuthorityEntry>> take_step(std::vector<AuthorityEntry> entries,
                                              AuthorityStep step, TimePoint now);

/// How far the agents have come. Only those that are enrolled and not revoked count.
struct AuthorityProgress {
    std::size_t agents = 0;
    std::vector<std::string> without_next;  // do not trust the next one yet, as far as is known
    std::vector<std::string> from_current;  // show a certificate that the next one did not sign
    std::vector<std::string> from_next;     // show one that it did
};
AuthorityProgress progress_towards(std::string_view next_key_hash, const StoreContent& content);

}  // namespace sallyport::hub
