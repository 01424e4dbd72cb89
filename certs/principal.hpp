#pragma once

#include "base/result.hpp"
#include "certs/subject_variables.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace sallyport::certs {

class VerifiedToken;

/// On whose behalf an exchange runs: a person (business) or an application (technical), as a token
/// says that we verified ourselves. Immutable once made.
struct Principal {
    UserType type = UserType::business;
    std::string issuer;
    std::string subject;  // `sub`, unique within the issuer
    /// Who it is, in one text: SHA-256 over type, issuer and subject, hexadecimal. What belongs to
    /// one principal alone (connections, certificates) is kept under this.
    std::string id;
    std::string name;  // for people and the audit record, e.g. "jane@corp.example"
    boost::json::object claims;
    std::chrono::sys_seconds expires_at;  // of the token, as it says

    /// About how much memory it takes.
    std::size_t bytes() const;
};

using PrincipalPtr = std::shared_ptr<const Principal>;

/// The principal that `token` speaks of, if it is one of that type: a person's token must not make
/// the application through which he came a principal, nor an application's token a person.
/// Errors: TokenFault::malformed (no `sub`), TokenFault::user_type.
Result<PrincipalPtr> principal_of(UserType type, const VerifiedToken& token);

/// The same from claims alone, for dry runs: nothing is verified, nothing expires.
Result<PrincipalPtr> principal_of(UserType type, const boost::json::object& claims);

/// What a token's claims say it is: an application's own (client credentials), or a person's.
UserType user_type_of(const boost::json::object& claims);

}  // namespace sallyport::certs
