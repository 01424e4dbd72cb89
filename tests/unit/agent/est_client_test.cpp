#include "agent/est_client.hpp"

#include "base/error.hpp"
#include "certs/authority.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

const certs::Time hub_time{1'800'000'000s};
const std::chrono::sys_seconds hub_seconds{1'800'000'000s};

/// What a hub answers at `hub_time` to an agent that asks for a certificate of `life`.
struct World {
    explicit World(std::chrono::seconds life) {
        const auto name = *certs::AgentName::make("hub.test", "t", "a");
        reply.certificates.push_back(
            *authority.issue_agent(key.public_key(), name, life, hub_time));
    }
    std::string judged(certs::Time local) const {
        const std::vector anchors{authority.certificate()};
        const auto own = own_certificate(reply, key, anchors, local);
        return own ? "" : own.error().detail;
    }
    certs::Authority authority = *certs::Authority::create("test", hub_time - 24h);
    certs::Key key = *certs::Key::generate(certs::KeyKind::p256);
    EstReply reply{.status = 200, .date = hub_seconds};
};

TEST(EstClient, AClockSeventeenMinutesSlowIsNamed) {
    const auto text = World(720h).judged(hub_time - 17min);
    EXPECT_NE(text.find("clock is 17 minutes behind the hub's"), std::string::npos) << text;
    EXPECT_NE(text.find("not yet valid"), std::string::npos) << text;
}

TEST(EstClient, AClockSeventeenMinutesFastIsNamed) {
    const auto text = World(1min).judged(hub_time + 17min);
    EXPECT_NE(text.find("clock is 17 minutes ahead of the hub's"), std::string::npos) << text;
    EXPECT_NE(text.find("expired"), std::string::npos) << text;
}

TEST(EstClient, AClockThatIsRightEnoughIsNotMentioned) {
    EXPECT_EQ(World(1min).judged(hub_time + 30s), "");
    EXPECT_EQ(World(720h).judged(hub_time - 4min), "") << "certificates are back-dated";
    EXPECT_EQ(describe_skew(60s), "");
    EXPECT_EQ(describe_skew(std::nullopt), "");
    EXPECT_NE(describe_skew(-61s).find("1 minutes behind"), std::string::npos);
    EXPECT_NE(describe_skew(3h).find("3 hours ahead"), std::string::npos);
    EXPECT_NE(describe_skew(-72h).find("3 days behind"), std::string::npos);
}

TEST(EstClient, TheSkewIsKnownFromTheDateOfTheAnswer) {
    EXPECT_EQ(clock_skew({.status = 200, .date = hub_seconds}, hub_time - 17min), -17min);
    EXPECT_FALSE(clock_skew({.status = 200}, hub_time));
}

TEST(EstClient, ACertificateForAnotherKeyIsNotOurs) {
    const World world(720h);
    const auto other = *certs::Key::generate(certs::KeyKind::p256);
    const std::vector anchors{world.authority.certificate()};
    EXPECT_EQ(own_certificate(world.reply, other, anchors, hub_time).error().code, Errc::protocol);
}

}  // namespace
}  // namespace sallyport::agent
