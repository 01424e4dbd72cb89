#include "hub/access_token.hpp"

#include "base/error.hpp"
#include "hub/names.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace sallyport::hub {
namespace {

/// What XSUAA gives to clients that act for themselves; some libraries iterate over the list.
constexpr std::string_view client_scope = "uaa.resource";

}  // namespace

AccessTokenIssuer::AccessTokenIssuer(certs::SigningKey key, std::string issuer,
                                     std::chrono::seconds lifetime)
    : key_(std::move(key)), issuer_(std::move(issuer)), lifetime_(lifetime) {}

Result<AccessToken> AccessTokenIssuer::issue(const Client& client, const Tenant& tenant,
                                             certs::Time now) const {
    const auto issued_at = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
    AccessToken token{.text = {},
                      .id = random_id(),
                      .scope = std::string(client_scope),
                      .expires_in = lifetime_ - access_token_reserve};
    const boost::json::object claims{
        {"iss", issuer_},
        {"sub", client.id},
        {"zid", tenant.id},
        {"aud", boost::json::array{connectivity_audience, client.id}},
        {"cid", client.id},
        {"client_id", client.id},
        {"azp", client.id},
        {"iat", issued_at.count()},
        {"exp", (issued_at + lifetime_).count()},
        {"scope", boost::json::array{client_scope}},
        {"jti", token.id},
        {"grant_type", "client_credentials"},
        {"ext_attr", boost::json::object{{"enhancer", "XSUAA"}, {"zdn", tenant.subdomain}}},
    };
    auto text = key_.sign_token(claims);
    if (!text) return text.error();
    token.text = std::move(*text);
    return token;
}

}  // namespace sallyport::hub
