#include "hub/est_server.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/join_token.hpp"
#include "certs/pkcs7.hpp"
#include "certs/request.hpp"
#include "hub/join_token_hash.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

class EstServerTest : public testing::Test {
protected:
    EstServerTest() {
        EXPECT_TRUE(store_.add_tenant({"t-acme", "acme", "acme", true}, now));
        EXPECT_TRUE(store_.add_agent({.key = berlin, .created_at = now, .locations = {{}}},
                                     token(join_secret)));
    }
    static JoinTokenEntry token(const char* secret) {
        return {.secret_hash = join_token_hash(secret), .agent = berlin, .expires_at = now + 1h};
    }
    static std::string request(std::string_view common_name = "root of all evil") {
        return to_base64(as_bytes(*certs::make_request_der(agent_key(), common_name)));
    }
    static const certs::Key& agent_key() {
        static const auto key = *certs::Key::generate(certs::KeyKind::p256);
        return key;
    }

    struct Call {
        std::string password = join_secret;
        std::string user = "berlin";
        std::string body = request();
        std::string content_type = "application/pkcs10";
        std::string target = "/.well-known/est/simpleenroll";
        certs::Time at = now;
    };
    ApiResponse enrol(const Call& call, const EstServer& server) const {
        const auto basic = "Basic " + to_base64(as_bytes(call.user + ':' + call.password));
        const std::vector<http::Field> fields{{"authorization", basic},
                                              {"content-type", call.content_type}};
        return server.handle({.method = "POST",
                              .target = call.target,
                              .host = "hub.example.com",
                              .fields = fields,
                              .body = call.body},
                             call.at);
    }
    ApiResponse enrol(const Call& call) const { return enrol(call, server_); }
    ApiResponse get(const char* target, const char* method = "GET") const {
        return server_.handle({.method = method, .target = target, .host = "hub.example.com"}, now);
    }
    static std::vector<certs::Certificate> certificates(const ApiResponse& response) {
        EXPECT_EQ(response.body.find_first_of("\r\n"), std::string::npos) << "one unbroken line";
        const auto der = from_base64(response.body);
        if (!der) return {};
        auto all = certs::decode_certs_only(as_text(*der));
        return all ? std::move(*all) : std::vector<certs::Certificate>{};
    }

    test::TemporaryFolder folder_;
    Store store_ = *Store::create(folder_.path() / "hub.db");
    certs::Authority authority_ = *certs::Authority::create("test", now);
    std::shared_ptr<Current<Authorities>> authorities_ = std::make_shared<Current<Authorities>>(
        std::make_shared<const Authorities>(Authorities{.current = authority_}));
    EstServer server_{store_, authorities_, {.hub_name = "hub.example.com"}};
};

TEST_F(EstServerTest, PublishesItsAuthority) {
    for (const char* target : {"/.well-known/est/cacerts", "/.well-known/est/some-label/cacerts"}) {
        const auto response = get(target);
        ASSERT_EQ(response.status, 200) << target;
        EXPECT_EQ(response.fields.at(0),
                  std::pair(std::string("content-type"), std::string("application/pkcs7-mime")));
        const auto all = certificates(response);
        ASSERT_EQ(all.size(), 1u);
        EXPECT_EQ(all[0], authority_.certificate());
    }
}

TEST_F(EstServerTest, AnAgentEnrolsWithItsTokenAndDecidesNothingButItsKey) {
    const auto response = enrol({});
    ASSERT_EQ(response.status, 200) << response.body;
    const auto all = certificates(response);
    ASSERT_EQ(all.size(), 1u);
    const auto& certificate = all[0];
    EXPECT_EQ(certificate.public_key(), agent_key().public_key());
    EXPECT_EQ(certificate.uris(),
              std::vector<std::string>{"spiffe://hub.example.com/tenant/t-acme/agent/berlin"});
    EXPECT_EQ(certificate.subject().find("evil"), std::string::npos);
    EXPECT_TRUE(certificate.has_extended_usage(certs::ExtendedUsage::client_auth));
    EXPECT_FALSE(certificate.has_extended_usage(certs::ExtendedUsage::server_auth));
    EXPECT_LE(certificate.not_after() - now, agent_certificate_lifetime);
    EXPECT_TRUE(certs::check_chain(certificate, {}, {&authority_.certificate(), 1},
                                   {.usage = certs::ExtendedUsage::client_auth, .at = now}));

    const auto recorded = store_.certificates(berlin);
    ASSERT_EQ(recorded->size(), 1u);
    EXPECT_EQ(recorded->at(0).serial, certificate.serial());
    EXPECT_EQ(store_.agent(berlin)->generation, 1u);
}

TEST_F(EstServerTest, TakesTheWholeTokenAnyUserNameALabelAndBrokenLines) {
    certs::JoinToken whole{.hub_url = "https://hub.example.com",
                           .authority_key_hash = authority_.certificate().public_key_hash(),
                           .tenant = "t-acme",
                           .agent = "berlin",
                           .locations = {""},
                           .secret = Secret(join_secret),
                           .expiry = now + 1h};
    auto broken = request();
    for (std::size_t at = 64; at < broken.size(); at += 66) broken.insert(at, "\r\n");
    EXPECT_EQ(enrol({.password = std::string(whole.encode().reveal()),
                     .user = "whoever",
                     .body = broken,
                     .target = "/.well-known/est/label/simpleenroll"})
                  .status,
              200);
}

TEST_F(EstServerTest, TellsWhyATokenIsRefusedAndWhatToDo) {
    const auto expect = [&](const Call& call, const char* why, const char* what_to_do) {
        const auto response = enrol(call);
        EXPECT_EQ(response.status, 401) << response.body;
        EXPECT_NE(response.body.find(why), std::string::npos) << response.body;
        EXPECT_NE(response.body.find(what_to_do), std::string::npos) << response.body;
    };
    const char* reissue = "sallyport-hub agent reissue berlin --tenant acme";
    expect({.password = "guess"}, "does not know", "sallyport-hub agent add");
    expect({.password = ""}, "does not know", "sallyport-hub agent add");
    expect({.password = "sp1.mistyped.00000000"}, "", "");
    expect({.at = now + 2h}, "expired", reissue);
    ASSERT_EQ(enrol({}).status, 200);
    expect({}, "used already", reissue);
    ASSERT_TRUE(store_.reissue(token("secret-2"), now));
    ASSERT_TRUE(store_.reissue(token("secret-3"), now));
    expect({.password = "secret-2"}, "replaced", reissue);
    ASSERT_TRUE(store_.revoke_agent(berlin, now));
    expect({.password = "secret-3"}, "withdrawn", reissue);
}

TEST_F(EstServerTest, AsksForCredentials) {
    const auto response = get("/.well-known/est/simpleenroll", "POST");
    EXPECT_EQ(response.status, 401);
    EXPECT_NE(
        std::ranges::find(response.fields, std::pair(std::string("www-authenticate"),
                                                     std::string("Basic realm=\"sallyport\""))),
        response.fields.end());
}

TEST_F(EstServerTest, ABadRequestDoesNotUseTheTokenUp) {
    auto forged = *certs::make_request_der(agent_key(), "x");
    forged[forged.size() - 5] = static_cast<char>(forged[forged.size() - 5] ^ 1);
    const Call bad[] = {{.body = ""},
                        {.body = "!"},
                        {.body = to_base64(as_bytes("not a request"))},
                        {.body = to_base64(as_bytes(forged))},
                        {.content_type = "text/plain"}};
    for (const auto& call : bad) EXPECT_EQ(enrol(call).status, 400) << call.body;
    EXPECT_EQ(enrol({}).status, 200);
}

TEST_F(EstServerTest, OfTwoRacingEnrolmentsExactlyOneWins) {
    auto other_store = Store::open(folder_.path() / "hub.db");
    ASSERT_TRUE(other_store);
    const EstServer other(*other_store, authorities_, {.hub_name = "hub.example.com"});
    std::array<int, 2> status{};
    std::thread first([&] { status[0] = enrol({}, server_).status; });
    std::thread second([&] { status[1] = enrol({}, other).status; });
    first.join();
    second.join();
    std::ranges::sort(status);
    EXPECT_EQ(status, (std::array{200, 401}));
    EXPECT_EQ(store_.certificates(berlin)->size(), 1u);
}

TEST_F(EstServerTest, OffersNothingElse) {
    for (const char* target :
         {"/.well-known/est/csrattrs", "/.well-known/est/serverkeygen", "/.well-known/est/",
          "/.well-known/est//cacerts", "/.well-known/est/a/b/cacerts", "/.well-known/estcacerts",
          "/cacerts", "/.well-known/est/cacerts/"}) {
        EXPECT_FALSE(EstServer::serves(target)) << target;
        EXPECT_EQ(get(target).status, 404) << target;
    }
    EXPECT_TRUE(EstServer::serves("/.well-known/est/cacerts"));
    EXPECT_EQ(get("/.well-known/est/cacerts", "POST").status, 405);
    EXPECT_EQ(get("/.well-known/est/simpleenroll").status, 405);
}

}  // namespace
}  // namespace sallyport::hub
