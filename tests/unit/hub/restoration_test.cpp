#include "hub/restoration.hpp"

#include "base/bytes.hpp"
#include "certs/request.hpp"
#include "hub/est_server.hpp"
#include "hub/join_token_hash.hpp"
#include "hub/witness.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_audit_log.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr TimePoint noon{1'800'000'000s};
constexpr const char* first_secret = "one-secret-of-43-characters-as-the-hub-make";
constexpr const char* next_secret = "another-secret-of-43-characters-for-an-agen";

/// An agent that enrols out of a backup, at a hub with a witness.
class RestorationTest : public testing::Test {
protected:
    RestorationTest() {
        EXPECT_TRUE(store_.add_tenant({"t-acme", "acme", "acme", true}, noon));
        EXPECT_TRUE(store_.add_agent({.key = agent_, .created_at = noon, .locations = {{}}},
                                     token(first_secret)));
    }
    JoinTokenEntry token(const char* secret) const {
        return {.secret_hash = join_token_hash(secret), .agent = agent_, .expires_at = noon + 1h};
    }
    int enrol(const char* secret, const std::string& restored) const {
        static const auto key = *certs::Key::generate(certs::KeyKind::p256);
        const auto basic = "Basic " + to_base64(as_bytes("berlin:" + std::string(secret)));
        std::vector<http::Field> fields{{"authorization", basic},
                                        {"content-type", "application/pkcs10"}};
        if (!restored.empty()) fields.push_back({"sallyport-restored", restored});
        const auto body = to_base64(as_bytes(*certs::make_request_der(key, "x")));
        return server_
            .handle({.method = "POST",
                     .target = "/.well-known/est/simpleenroll",
                     .host = "hub.example.com",
                     .fields = fields,
                     .body = body},
                    noon)
            .status;
    }
    std::string said() const {
        const test::TestAuditLog next("sallyport/bb");
        return "- 0 - sallyport/bb " + next.key().verifier().to_text();
    }

    const AgentKey agent_{"t-acme", "berlin"};
    test::TemporaryFolder folder_;
    std::filesystem::path database_ = folder_.path() / "hub.db";
    Store store_ = *Store::create(database_);
    std::shared_ptr<Witness> witness_ = *Witness::open(folder_.path(), "hub.example.com");
    certs::Authority authority_ = *certs::Authority::create("test", noon);
    std::shared_ptr<Current<Authorities>> authorities_ = std::make_shared<Current<Authorities>>(
        std::make_shared<const Authorities>(Authorities{.current = authority_}));
    EstServer server_{
        store_,
        authorities_,
        {.hub_name = "hub.example.com", .restored = restoration_keeper(database_, *witness_)}};
};

TEST_F(RestorationTest, IsKeptWithTheAgentAndGoesOnRecord) {
    EXPECT_EQ(enrol(first_secret, said()), 200);
    const auto kept = restoration_of(database_, agent_);
    ASSERT_TRUE(kept && *kept);
    EXPECT_EQ((*kept)->at, noon);
    EXPECT_THAT((*kept)->text, HasSubstr("the log sallyport/bb follows"));
    const auto logs = witness_->logs();
    ASSERT_EQ(logs->size(), 1u);
    EXPECT_EQ(logs->front().logs.back().origin, "sallyport/bb");
    const auto acts = store_.outbox(10);
    EXPECT_EQ(acts->back().act, "agent.restored");
    EXPECT_EQ(acts->back().object, "berlin");
    EXPECT_EQ(acts->back().after, (*kept)->text);
}

TEST_F(RestorationTest, AnEnrolmentThatIsNoneEndsIt) {
    EXPECT_EQ(enrol(first_secret, said()), 200);
    ASSERT_TRUE(store_.reissue(token(next_secret), noon));
    EXPECT_EQ(enrol(next_secret, ""), 200);
    EXPECT_FALSE(restoration_of(database_, agent_)->has_value());
}

TEST_F(RestorationTest, AMalformedFieldIsRefusedAndTheTokenIsStillGood) {
    for (const auto& odd : {std::string("x"), said() + " ", std::string(2000, 'x')})
        EXPECT_EQ(enrol(first_secret, odd), 400) << odd;
    EXPECT_TRUE(witness_->logs()->empty());
    EXPECT_EQ(enrol(first_secret, said()), 200);
}

TEST_F(RestorationTest, WithoutAGoodTokenNothingIsKept) {
    EXPECT_EQ(enrol(next_secret, said()), 401);
    EXPECT_TRUE(witness_->logs()->empty());
    EXPECT_FALSE(restoration_of(database_, agent_)->has_value());
}

}  // namespace
}  // namespace sallyport::hub
