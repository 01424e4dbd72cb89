#pragma once

#include "agent/config_principal.hpp"
#include "agent/login.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// OAuth client credentials (RFC 6749 section 4.4): where the agent gets a token for a back end.
struct TokenOrder {
    KeyUrl url;
    std::string client_id;
    Secret client_secret;
    std::string scope;  // may be empty
};

/// What a credentials_file holds: as which technical user a back end is always used. The cloud
/// never learns it. Immutable.
struct TechnicalCredentials {
    std::string user;                       // for people and the audit record; no secret
    LoginPtr login;                         // a password or a fixed field; null:
    std::optional<TokenOrder> token_order;  // a token has to be fetched
    std::string digest;                     // of the file: whether it is still the same

    /// Reads the file (docs/CONFIGURATION.md#credentials). Refused if everybody may read it.
    /// Errors: never repeat what stands in the file.
    static Result<std::shared_ptr<const TechnicalCredentials>> load(
        const std::filesystem::path& file);
    /// The same from its text; `name` heads the problems.
    static Result<std::shared_ptr<const TechnicalCredentials>> parse(std::string_view text,
                                                                     const std::string& name);
};

using TechnicalCredentialsPtr = std::shared_ptr<const TechnicalCredentials>;

}  // namespace sallyport::agent
