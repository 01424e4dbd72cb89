#include "hub/authority_change.hpp"

#include "base/error.hpp"
#include "hub/external_authority.hpp"

#include <algorithm>
#include <map>

namespace sallyport::hub {
namespace {

AuthorityEntry* find_mutable(std::vector<AuthorityEntry>& entries, AuthorityRole role) {
    const auto found = std::ranges::find(entries, role, &AuthorityEntry::role);
    return found == entries.end() ? nullptr : &*found;
}

Error not_now(AuthorityPhase phase, std::string_view allowed) {
    return {Errc::conflict, "the phase is " + std::string(to_text(phase)) +
                                ": possible now is sallyport-hub ca " + std::string(allowed)};
}

}  // namespace

std::string_view to_text(AuthorityPhase phase) {
    switch (phase) {
        case AuthorityPhase::stable:
            return "stable";
        case AuthorityPhase::prepared:
            return "prepared";
        case AuthorityPhase::activated:
            break;
    }
    return "activated";
}

const AuthorityEntry* find_role(const std::vector<AuthorityEntry>& entries, AuthorityRole role) {
    const auto found = std::ranges::find(entries, role, &AuthorityEntry::role);
    return found == entries.end() ? nullptr : &*found;
}

AuthorityPhase phase_of(const std::vector<AuthorityEntry>& entries) {
    const auto* next = find_role(entries, AuthorityRole::next);
    if (next == nullptr) return AuthorityPhase::stable;
    return next->issues ? AuthorityPhase::activated : AuthorityPhase::prepared;
}

Result<std::vector<AuthorityEntry>> take_step(std::vector<AuthorityEntry> entries,
                                              AuthorityStep step, TimePoint now) {
    const auto phase = phase_of(entries);
    auto* current = find_mutable(entries, AuthorityRole::current);
    auto* next = find_mutable(entries, AuthorityRole::next);
    const auto change = [now](AuthorityEntry& entry, AuthorityRole role, bool issues) {
        entry.role = role;
        entry.issues = issues;
        entry.changed_at = now;
    };
    if (step == AuthorityStep::prepare) {
        if (phase != AuthorityPhase::stable) return not_now(phase, "activate, retire or rollback");
        const auto last = std::ranges::max(entries, {}, &AuthorityEntry::number).number;
        entries.push_back({last + 1, AuthorityRole::next, false, now});
        return entries;
    }
    if (phase == AuthorityPhase::stable) return not_now(phase, "prepare");
    if (step == AuthorityStep::activate) {
        if (phase != AuthorityPhase::prepared) return not_now(phase, "retire or rollback");
        change(*current, AuthorityRole::current, false);
        change(*next, AuthorityRole::next, true);
        return entries;
    }
    if (step == AuthorityStep::retire) {
        if (phase != AuthorityPhase::activated) return not_now(phase, "activate or rollback");
        change(*current, AuthorityRole::retired, false);
        change(*next, AuthorityRole::current, true);
        return entries;
    }
    // Roll-back, one phase: agents trust both until the last step.
    const bool prepared = phase == AuthorityPhase::prepared;
    change(*current, AuthorityRole::current, true);
    change(*next, prepared ? AuthorityRole::retired : AuthorityRole::next, false);
    return entries;
}

AuthorityProgress progress_towards(std::string_view next_key_hash, const StoreContent& content) {
    AuthorityProgress progress;
    std::map<std::pair<AgentKey, std::uint64_t>, std::string_view> issuers;
    std::map<std::pair<AgentKey, std::uint64_t>, std::string_view> serials;
    for (const auto& entry : content.certificates) {
        issuers[{entry.agent, entry.generation}] = entry.authority;
        serials[{entry.agent, entry.generation}] = entry.serial;
    }
    for (const auto& agent : content.agents) {
        if (agent.revoked_at || agent.enrolment == 0) continue;
        ++progress.agents;
        if (std::ranges::find(agent.authorities, next_key_hash) == agent.authorities.end())
            progress.without_next.push_back(agent.key.name);
        // Certificates of an authority of the tenant's own do not change with the hub's.
        const auto serial = serials.find({agent.key, agent.confirmed});
        if (serial != serials.end() && is_external_serial(serial->second)) continue;
        const auto issuer = issuers.find({agent.key, agent.confirmed});
        if (issuer == issuers.end() || issuer->second != next_key_hash)
            progress.from_current.push_back(agent.key.name);
        else
            progress.from_next.push_back(agent.key.name);
    }
    return progress;
}

}  // namespace sallyport::hub
