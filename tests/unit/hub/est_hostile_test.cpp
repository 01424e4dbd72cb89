// Requests that ask for more than an agent may have: at every door the certificate says what the
// hub says, and holds nothing of the request but its key.
#include "base/bytes.hpp"
#include "certs/pkcs7.hpp"
#include "certs/request.hpp"
#include "hub/est_server.hpp"
#include "hub/join_token_hash.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_request.hpp"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using test::request_of;

constexpr const char* name = "spiffe://hub.test/tenant/t-acme/agent/berlin";

/// The parameter is the door.
class EstHostileTest : public testing::TestWithParam<const char*> {
protected:
    EstHostileTest() {
        EXPECT_TRUE(store_.add_tenant({"t-acme", "acme", "acme", true}, now));
        EXPECT_TRUE(store_.add_agent({.key = berlin, .created_at = now, .locations = {{}}},
                                     {.secret_hash = join_token_hash(join_secret),
                                      .agent = berlin,
                                      .expires_at = now + 1h}));
        if (std::string_view(GetParam()) == "simplereenroll")
            present_ = *issued(post("simpleenroll", request_of({})));
    }
    ApiResponse post(const std::string& operation, const std::string& request) {
        const auto basic = "Basic " + to_base64(as_bytes(std::string("x:") + join_secret));
        const auto body = to_base64(as_bytes(request));
        std::vector<http::Field> fields{{"content-type", "application/pkcs10"}};
        if (!present_) fields.push_back({"authorization", basic});
        return server_.handle({.method = "POST",
                               .target = "/.well-known/est/" + operation,
                               .host = "hub.test",
                               .fields = fields,
                               .body = body,
                               .client_certificate = present_},
                              now);
    }
    ApiResponse ask(const std::string& request) { return post(GetParam(), request); }
    static std::optional<certs::Certificate> issued(const ApiResponse& response) {
        const auto der = from_base64(response.body);
        if (response.status != 200 || !der) return std::nullopt;
        return certs::decode_certs_only(as_text(*der))->front();
    }

    test::TemporaryFolder folder_;
    Store store_ = *Store::create(folder_.path() / "hub.db");
    certs::Authority authority_ = *certs::Authority::create("test", now);
    EstServer server_{store_,
                      std::make_shared<Current<Authorities>>(
                          std::make_shared<const Authorities>(Authorities{.current = authority_})),
                      {.hub_name = "hub.test"}};
    std::optional<certs::Certificate> present_;
};

TEST_P(EstHostileTest, NothingOfTheRequestButItsKeyGetsIntoTheCertificate) {
    const auto request = request_of(
        {.subject = "spiffe://hub.test/tenant/t-other/agent/paris",
         .extensions = {{"basicConstraints", "critical,CA:TRUE"},
                        {"keyUsage", "critical,keyCertSign,cRLSign"},
                        {"extendedKeyUsage", "serverAuth,clientAuth,anyExtendedKeyUsage"},
                        {"subjectAltName",
                         "URI:spiffe://hub.test/tenant/t-other/agent/paris,DNS:hub.test,"
                         "email:root@hub.test,IP:127.0.0.1"},
                        {"nameConstraints", "permitted;DNS:test"},
                        {"1.2.3.4", "DER:0500"}}});
    const auto certificate = issued(ask(request));
    ASSERT_TRUE(certificate);
    EXPECT_EQ(certificate->public_key(), *certs::parse_request(request));
    EXPECT_EQ(certificate->uris(), std::vector<std::string>{name});
    EXPECT_TRUE(certificate->dns_names().empty());
    EXPECT_EQ(certificate->subject().find("paris"), std::string::npos);
    EXPECT_FALSE(certificate->is_authority());
    EXPECT_FALSE(certificate->has_extended_usage(certs::ExtendedUsage::server_auth));
    EXPECT_TRUE(certificate->has_extended_usage(certs::ExtendedUsage::client_auth));
    EXPECT_EQ(X509_get_key_usage(certificate->get()), std::uint32_t{KU_DIGITAL_SIGNATURE});
    // The same kinds of extension, in the same order, as for a request that asks for nothing.
    const auto kinds = [](const certs::Certificate& of) {
        std::vector<int> all;
        for (int i = 0; i < X509_get_ext_count(of.get()); ++i)
            all.push_back(OBJ_obj2nid(X509_EXTENSION_get_object(X509_get_ext(of.get(), i))));
        return all;
    };
    const auto plain =
        authority_.issue_agent(*certs::parse_request(request_of({})),
                               *certs::AgentName::make("hub.test", "t-acme", "berlin"), 1h, now);
    EXPECT_EQ(kinds(*certificate), kinds(*plain));
}

TEST_P(EstHostileTest, AWeakKeyIsRefusedAndUsesNothingUp) {
    EXPECT_EQ(ask(request_of({.rsa_bits = 1024})).status, 400);
    EXPECT_EQ(ask(request_of({.rsa_bits = 2048})).status, 200);
}

TEST_P(EstHostileTest, OnlyWhoHasTheKeyMayAskForItsCertificate) {
    EXPECT_EQ(ask(request_of({.signed_by_another = true})).status, 400);
    auto request = request_of({});
    request.back() = static_cast<char>(request.back() ^ 1);
    EXPECT_EQ(ask(request).status, 400);
    request.push_back('x');
    EXPECT_EQ(ask(request).status, 400) << "bytes after the end";
    EXPECT_EQ(store_.agent(berlin)->generation, present_ ? 1U : 0U);
    EXPECT_EQ(ask(request_of({})).status, 200);
}

INSTANTIATE_TEST_SUITE_P(Doors, EstHostileTest, testing::Values("simpleenroll", "simplereenroll"),
                         [](const auto& door) { return std::string(door.param); });

}  // namespace
}  // namespace sallyport::hub
