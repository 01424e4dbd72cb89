#include "hub/token_endpoint.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/secret_hash.hpp"
#include "hub/form.hpp"
#include "hub/subdomain.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace sallyport::hub {
namespace {

constexpr std::string_view token_path = "/oauth/token";
constexpr std::string_view keys_path = "/token_keys";

/// RFC 6749 section 5.2, with the words XSUAA uses.
ApiResponse refusal(int status, std::string_view error, std::string_view description) {
    const boost::json::object body{{"error", error}, {"error_description", description}};
    auto response = json_response(status, boost::json::serialize(body));
    if (status == 401)
        response.fields.emplace_back("www-authenticate", "Basic realm=\"sallyport\"");
    return response;
}

ApiResponse refusal(const Error& error) {
    if (error.code == Errc::unauthorized || error.code == Errc::denied)
        return refusal(401, "unauthorized", error.detail);
    if (error.code == Errc::malformed || error.code == Errc::limit || error.code == Errc::not_found)
        return refusal(400, "invalid_request", error.detail);
    return refusal(500, "server_error", "the token could not be made; the hub's log says why");
}

struct ClientCredentials {
    Secret id;
    Secret secret;
};

/// RFC 6749 section 2.3.1: in the body, or as Basic with both parts form-urlencoded first.
Result<ClientCredentials> credentials_of(const ApiRequest& request, const Form& form) {
    const auto basic = basic_credentials(request);
    if (!basic) return basic.error();
    const auto id = form.value("client_id");
    const auto secret = form.value("client_secret");
    if (!*basic) {
        if (!id || !secret)
            return Error{Errc::unauthorized, "client_id and client_secret are missing"};
        return ClientCredentials{Secret(std::string(*id)), Secret(std::string(*secret))};
    }
    if (secret) return Error{Errc::malformed, "two ways of client authentication in one request"};
    auto basic_id = form_decoded((*basic)->user);
    if (!basic_id) return basic_id.error();
    auto basic_secret = form_decoded((*basic)->password.reveal());
    if (!basic_secret) return basic_secret.error();
    if (id && *id != basic_id->reveal())
        return Error{Errc::malformed, "two different client ids in one request"};
    return ClientCredentials{std::move(*basic_id), std::move(*basic_secret)};
}

}  // namespace

TokenEndpoint::TokenEndpoint(AccessTokenIssuer issuer, std::vector<std::string> domains,
                             HubAudit* audit)
    : issuer_(std::move(issuer)),
      domains_(std::move(domains)),
      published_keys_(certs::public_key_set({&issuer_.key(), 1})),
      nobodys_secret_hash_(certs::hash_secret(certs::random_secret().reveal())),
      audit_(audit) {}

void TokenEndpoint::tell_refused(std::string_view client, std::string_view peer,
                                 const Error& why) const {
    if (audit_ == nullptr) return;
    audit_->refused(audit::ClientRefused{.client = client, .remote = peer, .reason = why.detail},
                    std::chrono::steady_clock::now());
}

bool TokenEndpoint::serves(std::string_view target) {
    return path_of(target) == token_path || path_of(target) == keys_path;
}

bool TokenEndpoint::computes(std::string_view target) { return path_of(target) == token_path; }

ApiResponse TokenEndpoint::handle(const ApiRequest& request, const Accounts& accounts,
                                  certs::Time now) const {
    if (path_of(request.target) == keys_path) return keys(request, accounts);
    if (path_of(request.target) == token_path) return token(request, accounts, now);
    return text_response(404, "there is nothing here");
}

ApiResponse TokenEndpoint::keys(const ApiRequest& request, const Accounts& accounts) const {
    if (request.method != "GET") return method_not_allowed("GET");
    // Libraries take 400 as "this token is not for us", any other failure as their own error.
    if (const auto zone = query_value(request.target, "zid");
        zone && !zone->empty() && accounts.find_tenant(*zone) == nullptr)
        return refusal(400, "invalid_request", "unknown zid");
    auto response = json_response(200, published_keys_);
    response.fields = {{"content-type", "application/json"}, {"cache-control", "max-age=300"}};
    return response;
}

ApiResponse TokenEndpoint::token(const ApiRequest& request, const Accounts& accounts,
                                 certs::Time now) const {
    if (request.method != "POST") return method_not_allowed("POST");
    if (!has_media_type(request, "application/x-www-form-urlencoded"))
        return refusal(400, "invalid_request",
                       "the body must be application/x-www-form-urlencoded");
    const auto form = Form::parse(request.body);
    if (!form) return refusal(form.error());
    const auto grant = form->value("grant_type");
    if (!grant) return refusal(400, "invalid_request", "grant_type is missing");

    const auto client = authenticated(request, *form, accounts);
    if (!client) return refusal(client.error());
    const bool for_user = *grant == jwt_bearer_grant;
    if (!for_user && *grant != "client_credentials")
        return refusal(400, "unsupported_grant_type",
                       "this hub offers client_credentials and " + std::string(jwt_bearer_grant));
    const auto assertion = form->value("assertion");
    if (for_user && !assertion) return refusal(400, "invalid_request", "assertion is missing");
    const auto tenant = chosen_tenant(request, **client, accounts);
    if (!tenant) {
        log::warn("token.refused", {{"client", (*client)->id}, {"reason", tenant.error().detail}});
        tell_refused((*client)->id, request.peer, tenant.error());
        return refusal(tenant.error());
    }
    const auto token = for_user ? issuer_.issue_for_user(**client, **tenant, *assertion, now)
                                : issuer_.issue(**client, **tenant, now);
    if (!token && for_user && token.error().code == Errc::denied)
        return refusal(400, "invalid_grant", token.error().detail);
    if (!token) {
        log::error("token.failed", {{"reason", to_text(token.error())}});
        return refusal(token.error());
    }
    const boost::json::object body{{"access_token", token->text},
                                   {"token_type", "bearer"},
                                   {"expires_in", token->expires_in.count()},
                                   {"scope", token->scope},
                                   {"jti", token->id}};
    return json_response(200, boost::json::serialize(body));
}

Result<const Client*> TokenEndpoint::authenticated(const ApiRequest& request, const Form& form,
                                                   const Accounts& accounts) const {
    const auto credentials = credentials_of(request, form);
    if (!credentials) return credentials.error();
    // An unknown client costs the same work and gets the same answer as a wrong secret.
    const auto* client = accounts.find_client(credentials->id.reveal());
    const auto& stored = client == nullptr ? nobodys_secret_hash_ : client->secret_hash;
    const bool right = certs::verify_secret(credentials->secret.reveal(), stored);
    if (client == nullptr || !right) {
        log::debug("token.unauthorized", {{"client", credentials->id.reveal()}});
        const Error why{Errc::unauthorized, "unknown client, or wrong client secret"};
        // What is no client's name may be a person's, or a secret in the wrong place.
        tell_refused(client == nullptr ? std::string_view() : client->id, request.peer, why);
        return why;
    }
    return client;
}

Result<const Tenant*> TokenEndpoint::chosen_tenant(const ApiRequest& request, const Client& client,
                                                   const Accounts& accounts) const {
    const auto zone_id = single_field(request, "x-zid");
    if (!zone_id) return zone_id.error();
    const auto subdomain = subdomain_of(request.host, domains_);
    if (!subdomain) return subdomain.error();
    TenantChoice choice{.zone_id = *zone_id};
    if (*subdomain) choice.subdomain = **subdomain;
    return accounts.choose_tenant(client, choice);
}

}  // namespace sallyport::hub
