#include "hub/token_endpoint.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/secret_hash.hpp"
#include "hub_fixture.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

constexpr const char* issuer = "https://auth.hub.example.com/oauth/token";
const std::vector<std::string> token_domains{"hub.example.com", "auth.hub.example.com"};

class TokenEndpointTest : public testing::Test {
protected:
    struct Call {
        std::string body = "grant_type=client_credentials&client_id=sb-app&client_secret=right";
        std::string host = "auth.hub.example.com";
        std::vector<http::Field> more = {};
        std::string content_type = "application/x-www-form-urlencoded;charset=UTF-8";
    };

    ApiResponse post(const Call& call) const {
        auto fields = call.more;
        fields.push_back({"content-type", call.content_type});
        return endpoint_.handle({.method = "POST",
                                 .target = "/oauth/token",
                                 .host = call.host,
                                 .fields = fields,
                                 .body = call.body},
                                *accounts_, now);
    }
    static boost::json::object json(const ApiResponse& response) {
        return boost::json::parse(response.body).as_object();
    }
    static std::string error(const ApiResponse& response) {
        return std::string(json(response).at("error").as_string());
    }
    /// The tenant a granted token is for, or "" if none was granted.
    std::string tenant(const ApiResponse& response) const {
        if (response.status != 200) return {};
        const auto text = json(response).at("access_token").as_string();
        const auto keys = *certs::KeySet::from_json(certs::public_key_set({&hub_key(), 1}));
        const auto verified = certs::verify(
            text, keys, {.issuers = {issuer}, .audiences = {"connectivity"}, .now = now});
        return verified ? std::string(*verified->text("zid")) : "not verified";
    }
    static std::string field(const ApiResponse& response, std::string_view name) {
        for (const auto& [key, value] : response.fields)
            if (key == name) return value;
        return {};
    }

    std::shared_ptr<const Accounts> accounts_ =
        Accounts::from({.tenants = {{"t-acme", "acme", "acme", true},
                                    {"t-sub", "sub", "sub", true},
                                    {"t-rival", "rival", "rival", true}},
                        .clients = {{.id = "sb-app",
                                     .tenant_id = "t-acme",
                                     .secret_hash = certs::hash_secret("right"),
                                     .subscribed_tenant_ids = {"t-sub"}},
                                    {.id = "sb-clone!b1|connectivity!b17",
                                     .tenant_id = "t-acme",
                                     .secret_hash = certs::hash_secret("a b+c")},
                                    {.id = "sb-off",
                                     .tenant_id = "t-acme",
                                     .secret_hash = certs::hash_secret("right"),
                                     .enabled = false}},
                        .agents = {},
                        .revoked_serials = {}},
                       1);
    TokenEndpoint endpoint_{AccessTokenIssuer(hub_key(), issuer), token_domains};
};

TEST_F(TokenEndpointTest, GrantsATokenForCredentialsInTheBody) {
    const auto response = post({});
    EXPECT_EQ(tenant(response), "t-acme");
    EXPECT_EQ(field(response, "cache-control"), "no-store");
    EXPECT_EQ(field(response, "content-type"), "application/json");
    const auto body = json(response);
    EXPECT_EQ(body.at("token_type").as_string(), "bearer");
    EXPECT_TRUE(body.at("expires_in").is_number());
    EXPECT_TRUE(body.contains("scope") && body.contains("jti"));
}

TEST_F(TokenEndpointTest, ReadsEncodedClientIdsInBodyAndBasic) {
    EXPECT_EQ(tenant(post({.body = "grant_type=client_credentials&client_secret=a+b%2Bc"
                                   "&client_id=sb-clone%21b1%7Cconnectivity%21b17"})),
              "t-acme");
    const auto basic = "Basic " + to_base64(as_bytes("sb-clone%21b1%7Cconnectivity%21b17:a+b%2Bc"));
    EXPECT_EQ(
        tenant(post({.body = "grant_type=client_credentials", .more = {{"authorization", basic}}})),
        "t-acme");
}

TEST_F(TokenEndpointTest, SelectsASubscribedTenantByHeaderOrHost) {
    EXPECT_EQ(tenant(post({.more = {{"x-zid", "t-sub"}}})), "t-sub");
    EXPECT_EQ(tenant(post({.host = "sub.auth.hub.example.com:8443"})), "t-sub");
    EXPECT_EQ(tenant(post({.host = "SUB.Auth.Hub.Example.Com."})), "t-sub");
    EXPECT_EQ(tenant(post({.host = "hub.example.com"})), "t-acme");
    EXPECT_EQ(tenant(post({.host = "127.0.0.1:8443"})), "t-acme");
    EXPECT_EQ(tenant(post({.host = "[::1]:8443"})), "t-acme");
}

TEST_F(TokenEndpointTest, NeverGrantsATokenForATenantWithoutSubscription) {
    const Call attacks[] = {
        {.more = {{"x-zid", "t-rival"}}},
        {.more = {{"x-zid", "t-none"}}},
        {.more = {{"x-zid", ""}}},
        {.more = {{"x-zid", "t-sub"}, {"x-zid", "t-rival"}}},
        {.host = "rival.auth.hub.example.com"},
        {.host = "rival.hub.example.com"},
        {.host = "acme.rival.auth.hub.example.com"},
        {.host = "sub.evil.example"},
        {.host = ""},
        {.host = "sub.auth.hub.example.com", .more = {{"x-zid", "t-acme"}}},
        {.host = "rival.auth.hub.example.com", .more = {{"x-zid", "t-acme"}}},
    };
    for (const auto& attack : attacks) {
        const auto response = post(attack);
        EXPECT_TRUE(response.status == 401 || response.status == 400) << response.body;
        EXPECT_FALSE(json(response).contains("access_token"));
    }
}

TEST_F(TokenEndpointTest, UnknownClientsAndWrongSecretsAreAnsweredAlike) {
    const auto wrong =
        post({.body = "grant_type=client_credentials&client_id=sb-app&client_secret=wrong"});
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(error(wrong), "unauthorized");
    EXPECT_FALSE(field(wrong, "www-authenticate").empty());
    for (const char* body :
         {"grant_type=client_credentials&client_id=nobody&client_secret=right",
          "grant_type=client_credentials&client_id=&client_secret=",
          "grant_type=client_credentials&client_id=sb-off&client_secret=wrong"}) {
        const auto response = post({.body = body});
        EXPECT_EQ(response.status, wrong.status) << body;
        EXPECT_EQ(response.body, wrong.body) << body;
        EXPECT_EQ(response.fields, wrong.fields) << body;
    }
}

TEST_F(TokenEndpointTest, ExchangesTheTokenOfAUser) {
    const auto user = *hub_key().sign_token({{"sub", "u-1"}, {"exp", 1'900'000'000}});
    const std::string start =
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&client_id=sb-app&"
        "client_secret=";
    EXPECT_EQ(tenant(post({.body = start + "right&token_format=jwt&assertion=" + user})), "t-acme");
    EXPECT_EQ(error(post({.body = start + "right"})), "invalid_request") << "no assertion";
    EXPECT_EQ(error(post({.body = start + "wrong&assertion=" + user})), "unauthorized");
    const auto response = post({.body = start + "right&assertion=x.y.z"});
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(error(response), "invalid_grant");
}

TEST_F(TokenEndpointTest, ADisabledClientGetsNothing) {
    EXPECT_EQ(
        post({.body = "grant_type=client_credentials&client_id=sb-off&client_secret=right"}).status,
        401);
}

TEST_F(TokenEndpointTest, SaysWhatIsWrongWithARequest) {
    const auto basic = "Basic " + to_base64(as_bytes("sb-app:right"));
    const std::tuple<Call, int, const char*> table[] = {
        {{.body = ""}, 400, "invalid_request"},
        {{.body = "grant_type=client_credentials"}, 401, "unauthorized"},
        {{.body = "grant_type=client_credentials&client_id=sb-app"}, 401, "unauthorized"},
        {{.body = "grant_type=password&client_id=sb-app&client_secret=right"},
         400,
         "unsupported_grant_type"},
        {{.body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
                  "&client_id=sb-app&client_secret=right&assertion=x"},
         400,
         "invalid_grant"},
        {{.body = "grant_type=a&grant_type=b"}, 400, "invalid_request"},
        {{.body = "grant_type=%zz"}, 400, "invalid_request"},
        {{.content_type = "application/json"}, 400, "invalid_request"},
        {{.more = {{"authorization", basic}}}, 400, "invalid_request"},  // and in the body
        {{.body = "grant_type=client_credentials&client_id=sb-off",
          .more = {{"authorization", basic}}},
         400,
         "invalid_request"},
        {{.body = "grant_type=client_credentials", .more = {{"authorization", "Basic !"}}},
         400,
         "invalid_request"},
    };
    for (const auto& [call, status, name] : table) {
        const auto response = post(call);
        EXPECT_EQ(response.status, status) << call.body;
        EXPECT_EQ(error(response), name) << call.body;
        EXPECT_FALSE(json(response).at("error_description").as_string().empty());
    }
}

TEST_F(TokenEndpointTest, PublishesItsKeys) {
    const auto get = [&](const char* target, const char* method = "GET") {
        return endpoint_.handle({.method = method, .target = target, .host = "h"}, *accounts_, now);
    };
    const auto response = get("/token_keys?zid=t-acme");
    EXPECT_EQ(response.status, 200);
    const auto keys = certs::KeySet::from_json(response.body);
    ASSERT_TRUE(keys);
    EXPECT_TRUE(keys->has_key_id(hub_key().key_id()));
    EXPECT_EQ(get("/token_keys").status, 200);
    EXPECT_EQ(get("/token_keys?zid=").status, 200);
    EXPECT_EQ(get("/token_keys?zid=t-none").status, 400) << "not a token of this service";
    EXPECT_EQ(get("/token_keys", "POST").status, 405);
    EXPECT_EQ(get("/oauth/token").status, 405);
    EXPECT_EQ(get("/other").status, 404);
}

TEST_F(TokenEndpointTest, KnowsItsTargets) {
    EXPECT_TRUE(TokenEndpoint::serves("/oauth/token"));
    EXPECT_TRUE(TokenEndpoint::serves("/token_keys?zid=1"));
    EXPECT_FALSE(TokenEndpoint::serves("/oauth/token/"));
    EXPECT_FALSE(TokenEndpoint::serves("/token_keysx"));
}

}  // namespace
}  // namespace sallyport::hub
