#pragma once

#include "certs/authority.hpp"
#include "certs/key_file.hpp"

#include <chrono>
#include <filesystem>
#include <string_view>
#include <vector>

namespace sallyport::certs {

/// The agent's own authority for users: back ends that import its certificate believe who the agent
/// says is asking. Its key never leaves the agent. Immutable, copies share the key.
class PrincipalAuthority {
public:
    /// Of the agent's own certificate towards back ends; no user can have it in his subject, or
    /// one who is called like the agent would be believed to be it.
    static constexpr std::string_view system_unit = "Sallyport system";
    static constexpr std::chrono::seconds system_validity = std::chrono::hours(24);

    /// Reads the authority, or makes one (P-256, ten years, path length 0) if there is none yet.
    /// One that has ended is taken, and signs nothing any more: the systems that need none are to
    /// go on.
    static Result<PrincipalAuthority> open(const std::filesystem::path& file, Time now);
    /// A new one of our own, as open() makes it.
    static Result<KeyAndChain> create(Time now);
    /// The authority's certificate first, then its issuers.
    /// Errors: Errc::malformed if it is no authority or ended before `now`, Errc::conflict.
    static Result<PrincipalAuthority> of(KeyAndChain content, Time now);

    /// A fresh P-256 key and a clientAuth certificate for it, back-dated by `back_dating`.
    /// Errors: Errc::denied if the subject is reserved; Errc::unavailable if the authority cannot
    /// sign, e.g. since it has come to its end.
    Result<KeyAndChain> issue(const DistinguishedName& subject, std::chrono::seconds validity,
                              Time now) const;
    /// CN=`agent`,OU=Sallyport system: what the agent shows where no certificate was imported.
    Result<KeyAndChain> issue_system(std::string_view agent, Time now) const;

    /// What back ends import.
    const Certificate& certificate() const { return authority_.certificate(); }
    /// What the agent sends along with a user's certificate.
    const std::vector<Certificate>& issuers() const { return issuers_; }

private:
    PrincipalAuthority(Authority authority, std::vector<Certificate> issuers);
    static Result<PrincipalAuthority> made_of(KeyAndChain content);
    Result<KeyAndChain> sign(const DistinguishedName& subject, std::chrono::seconds validity,
                             Time now) const;

    Authority authority_;
    std::vector<Certificate> issuers_;  // sent along; a root stays at home
};

}  // namespace sallyport::certs
