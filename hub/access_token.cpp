#include "hub/access_token.hpp"

#include "base/error.hpp"
#include "certs/token_parse.hpp"
#include "hub/names.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace sallyport::hub {
namespace {

/// What XSUAA gives to clients that act for themselves; some libraries iterate over the list.
constexpr std::string_view client_scope = "uaa.resource";

/// When the user's token ends. Nothing of it is proved.
Result<std::chrono::sys_seconds> end_of(std::string_view user_token) {
    const auto parsed = certs::parse_token(user_token);
    if (!parsed)
        return Error{Errc::denied, "the assertion is no usable JWT: " + parsed.error().detail};
    const auto* end = parsed->claims.if_contains("exp");
    if (end == nullptr || !end->is_int64())
        return Error{Errc::denied, "the assertion is no usable JWT: it has no exp"};
    return std::chrono::sys_seconds(std::chrono::seconds(end->get_int64()));
}

boost::json::object claims_of(const std::string& issuer, const Client& client, const Tenant& tenant,
                              const AccessToken& token) {
    return {
        {"iss", issuer},
        {"sub", client.id},
        {"zid", tenant.id},
        {"cid", client.id},
        {"client_id", client.id},
        {"azp", client.id},
        {"scope", boost::json::array{client_scope}},
        {"jti", token.id},
        {"ext_attr", boost::json::object{{"enhancer", "XSUAA"}, {"zdn", tenant.subdomain}}},
    };
}

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
    auto claims = claims_of(issuer_, client, tenant, token);
    claims["aud"] = boost::json::array{connectivity_audience, client.id};
    claims["iat"] = issued_at.count();
    claims["exp"] = (issued_at + lifetime_).count();
    claims["grant_type"] = "client_credentials";
    auto text = key_.sign_token(claims);
    if (!text) return text.error();
    token.text = std::move(*text);
    return token;
}

Result<AccessToken> AccessTokenIssuer::issue_for_user(const Client& client, const Tenant& tenant,
                                                      std::string_view user_token,
                                                      certs::Time now) const {
    const auto user_end = end_of(user_token);
    if (!user_end) return user_end.error();
    const auto issued_at = std::chrono::floor<std::chrono::seconds>(now);
    if (*user_end < issued_at + user_token_left_min)
        return Error{Errc::denied, "the assertion has less than " +
                                       std::to_string(user_token_left_min.count()) +
                                       " seconds left: get a fresh token of the user"};
    const auto end = std::min(issued_at + lifetime_, *user_end);
    const auto seal = certs::TokenSeal::of(key_);
    if (!seal) return seal.error();
    auto sealed = seal->seal(user_token);
    if (!sealed) return sealed.error();
    AccessToken token{.text = {},
                      .id = random_id(),
                      .scope = std::string(client_scope),
                      .expires_in = end - issued_at - access_token_reserve};
    auto claims = claims_of(issuer_, client, tenant, token);
    // For the proxies only: an application must not take it for a user's login.
    claims["aud"] = boost::json::array{connectivity_audience};
    claims["iat"] = issued_at.time_since_epoch().count();
    claims["exp"] = end.time_since_epoch().count();
    claims["grant_type"] = jwt_bearer_grant;
    claims[sealed_claim] = *sealed;
    auto text = key_.sign_token(claims);
    if (!text) return text.error();
    if (text->size() > exchanged_token_bytes_max)
        return Error{Errc::denied,
                     "the user's token is too large: with it the exchanged token would exceed " +
                         std::to_string(exchanged_token_bytes_max / 1024) +
                         " KiB; send it as SAP-Connectivity-Authentication instead"};
    token.text = std::move(*text);
    return token;
}

}  // namespace sallyport::hub
