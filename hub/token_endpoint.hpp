#pragma once

#include "certs/certificate.hpp"
#include "hub/access_token.hpp"
#include "hub/accounts.hpp"
#include "hub/api.hpp"
#include "hub/hub_audit.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

class Form;

/// `POST /oauth/token` and `GET /token_keys` in the shape of XSUAA. Thread safe; touches neither
/// disk nor network, takes about a millisecond of computing.
class TokenEndpoint {
public:
    /// `domains`: the names, lower case, under which clients reach it, bare or with a tenant's
    /// subdomain before them. `audit`: where refused clients are put on record; null: nowhere.
    TokenEndpoint(AccessTokenIssuer issuer, std::vector<std::string> domains,
                  HubAudit* audit = nullptr);

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

    void tell_refused(std::string_view client, std::string_view peer, const Error& why) const;

    AccessTokenIssuer issuer_;
    std::vector<std::string> domains_;
    std::string published_keys_;
    std::string nobodys_secret_hash_;
    HubAudit* audit_;
};

}  // namespace sallyport::hub
