#pragma once

#include "certs/certificate.hpp"
#include "hub/access_token.hpp"
#include "hub/accounts.hpp"
#include "hub/api.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

class Form;

/// The label before one of `domains` (lower case) in a Host, nothing for a domain itself or an IP
/// address. Errors: Errc::not_found for a name outside the domains: guessing a tenant there could
/// hand a client the token of another tenant than it asked for.
Result<std::optional<std::string>> subdomain_of(std::string_view host,
                                                const std::vector<std::string>& domains);

/// `POST /oauth/token` and `GET /token_keys` in the shape of XSUAA. Thread safe; touches neither
/// disk nor network, takes about a millisecond of computing.
class TokenEndpoint {
public:
    /// `domains`: the names, lower case, under which clients reach it, bare or with a tenant's
    /// subdomain before them.
    TokenEndpoint(AccessTokenIssuer issuer, std::vector<std::string> domains);

    /// Whether the target is one of its own.
    static bool serves(std::string_view target);
    /// Whether it costs the judging of a secret and a signature; the rest takes no time.
    static bool computes(std::string_view target);
    ApiResponse handle(const ApiRequest& request, const Accounts& accounts, certs::Time now) const;

private:
    ApiResponse token(const ApiRequest& request, const Accounts& accounts, certs::Time now) const;
    ApiResponse keys(const ApiRequest& request, const Accounts& accounts) const;
    Result<const Client*> authenticated(const ApiRequest& request, const Form& form,
                                        const Accounts& accounts) const;
    Result<const Tenant*> chosen_tenant(const ApiRequest& request, const Client& client,
                                        const Accounts& accounts) const;

    AccessTokenIssuer issuer_;
    std::vector<std::string> domains_;
    std::string published_keys_;
    std::string nobodys_secret_hash_;
};

}  // namespace sallyport::hub
