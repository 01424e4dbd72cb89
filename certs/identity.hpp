#pragma once

#include "base/file.hpp"
#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/key.hpp"
#include "certs/spiffe.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace sallyport::certs {

enum class Slot { a, b };
inline Slot other(Slot slot) { return slot == Slot::a ? Slot::b : Slot::a; }
std::string_view to_text(Slot slot);

/// Who this agent is: what it shows to the hub, and by what it knows the hub.
struct Identity {
    Slot slot;
    Key key;
    std::vector<Certificate> chain;    // own certificate first
    std::vector<Certificate> anchors;  // authorities of the hub
    std::chrono::sys_seconds prepared_at;
    /// Set if an external authority made the certificate: who the hub says this agent is. What the
    /// certificate itself says of that means nothing then.
    std::optional<AgentName> bound_as = {};

    /// Who this agent is for the hub.
    Result<AgentName> name() const {
        return bound_as ? Result<AgentName>(*bound_as) : AgentName::of(chain.front());
    }
};

/// As long as it lives, no other process (nor another holder in this one) changes the identity.
class IdentityLock {
public:
    explicit IdentityLock(FileDescriptor file) : file_(std::move(file)) {}

private:
    FileDescriptor file_;
};

/// The identity on disk, in a folder that belongs to it (0700):
///
///     a/ b/            two slots: key.pem (0600), chain.pem, ca.pem, meta.json (written last)
///     active           symbolic link to one of them, swapped by rename
///     pending.pem      the key of an enrolment under way (0600)
///     lock             held by the process that writes (flock); empty
///
/// A new identity is prepared in the slot that is not active, may be tried, then activated. After a
/// crash at any moment load_active() finds either the old or the new one, whole. Who writes holds
/// lock() from the first look to the last change; reading needs none.
class IdentityStore {
public:
    static Result<IdentityStore> open(std::filesystem::path folder);

    /// Does not wait. Errors: Errc::conflict if somebody else is changing this identity; the
    /// detail says what to do. The kernel takes it back from a process that dies.
    Result<IdentityLock> lock() const;

    /// The key to enrol with: made on the first call (P-256), the same after a restart, until an
    /// identity with it is activated. It never leaves this folder.
    Result<Key> pending_key();

    /// Writes the slot that is not active, replacing what was there. Errors: Errc::conflict if the
    /// key does not fit the first certificate.
    Result<Slot> prepare(const Key& key, std::span<const Certificate> chain,
                         std::span<const Certificate> anchors, Time now,
                         const std::optional<AgentName>& bound_as = {});
    /// Makes a completely prepared slot the active one. Durable when it returns.
    Result<void> activate(Slot slot);

    /// The identity that was prepared and neither activated nor discarded, also before a restart,
    /// and before there is an active one.
    /// Errc::not_found if there is none.
    Result<Identity> prepared() const;
    /// Forgets it, and the key it was for: the next pending_key() is another one.
    Result<void> discard_prepared();

    /// Errc::not_found if there is none.
    Result<Slot> active_slot() const;
    Result<Identity> load(Slot slot) const;
    Result<Identity> load_active() const;

private:
    Result<Slot> free_slot() const;
    explicit IdentityStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

    std::filesystem::path folder_;
};

}  // namespace sallyport::certs
