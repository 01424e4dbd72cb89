#include "base/error.hpp"
#include "hub/store.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <gmock/gmock.h>
#include <map>
#include <unistd.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class StoreOutboxTest : public testing::Test {
protected:
    StoreOutboxTest() { store.act_as({.who = "uid:7", .account = "jane", .sudo_account = "joe"}); }
    std::vector<OutboxEntry> waiting() { return *store.outbox(1000); }
    void settle() {
        const auto all = waiting();
        if (all.empty()) return;
        EXPECT_TRUE(store.settle_outbox(all.back().id));
    }

    test::TemporaryFolder folder;
    Store store = *Store::create(folder.path() / "hub.db");
    const AgentKey berlin{"t1", "berlin"};
    const std::vector<AuthorityEntry> one{{.number = 1}};
    const std::vector<AuthorityEntry> two{
        {.number = 1}, {.number = 2, .role = AuthorityRole::next, .issues = false}};
};

/// One change of an administrator, and what the outbox says of it.
struct Change {
    std::string act;
    std::string tenant;
    std::string object;
    std::string after;
    std::function<bool()> make;
};

TEST_F(StoreOutboxTest, EachChangeOfAnAdministratorLeavesOneEntry) {
    const Agent agent{
        .key = berlin, .created_at = now, .locations = {{}, {"BRANCH", Sharing::shared}}};
    const auto token = [&](std::string hash) {
        return JoinTokenEntry{
            .secret_hash = std::move(hash), .agent = berlin, .expires_at = now + 1h};
    };
    const AccessKey key{.id = "k1",
                        .secret_hash = "secret-hash",
                        .client_id = "sb-app",
                        .tenant_id = "t1",
                        .created_at = now,
                        .expires_at = now + 24h};
    const Channel channel{
        .tenant_id = "t1", .name = "queue", .target = "mq:1883", .created_at = now};
    const ExternalAuthority authority{
        .tenant_id = "t1", .fingerprint = "f0", .certificate_pem = "pem"};
    const std::vector<Change> changes{
        {"tenant.add", "t1", "acme", "subdomain acme",
         [&] {
             return bool(store.add_tenant({"t1", "acme", "acme"}, now));
         }},
        {"tenant.add", "t2", "rival", "subdomain rival",
         [&] {
             return bool(store.add_tenant({"t2", "rival", "rival"}, now));
         }},
        {"tenant.disable", "t1", "", "disabled",
         [&] { return bool(store.enable_tenant("t1", false)); }},
        {"tenant.enable", "t1", "", "enabled",
         [&] { return bool(store.enable_tenant("t1", true)); }},
        {"client.add", "t1", "sb-app", "",
         [&] {
             return bool(store.add_client(
                 {.id = "sb-app", .tenant_id = "t1", .secret_hash = "secret-hash"}, now));
         }},
        {"client.disable", "", "sb-app", "disabled",
         [&] { return bool(store.enable_client("sb-app", false)); }},
        {"client.enable", "", "sb-app", "enabled",
         [&] { return bool(store.enable_client("sb-app", true)); }},
        {"client.subscribe", "t2", "sb-app", "",
         [&] { return bool(store.subscribe("sb-app", "t2")); }},
        {"client.unsubscribe", "t2", "sb-app", "",
         [&] { return bool(store.unsubscribe("sb-app", "t2")); }},
        {"access_key.add", "t1", "k1", "of the client sb-app",
         [&] { return bool(store.add_access_key(key)); }},
        {"access_key.revoke", "t1", "k1", "revoked",
         [&] { return bool(store.revoke_access_key("k1", now)); }},
        {"channel.add", "t1", "queue", "leads to mq:1883",
         [&] { return bool(store.add_channel(channel)); }},
        {"channel.remove", "t1", "queue", "",
         [&] { return bool(store.remove_channel("t1", "queue")); }},
        {"agent.add", "t1", "berlin", "the default location, BRANCH (shared)",
         [&] { return bool(store.add_agent(agent, token("secret-1"))); }},
        {"agent.reissue", "t1", "berlin", "a new join token",
         [&] { return bool(store.reissue(token("secret-2"), now)); }},
        {"agent.approve", "t1", "berlin", "key abcd",
         [&] {
             EXPECT_TRUE(store.ask_approval(berlin, "abcd", "enrolment", now));
             return bool(store.approve(berlin, "abcd", now));
         }},
        {"agent.clear_alarm", "t1", "berlin", "",
         [&] {
             EXPECT_TRUE(store.raise_alarm(berlin, "twice", "192.0.2.1:1", now));
             return bool(store.clear_alarm(berlin));
         }},
        {"agent.revoke", "t1", "berlin", "revoked",
         [&] { return bool(store.revoke_agent(berlin, now)); }},
        {"authority.change", "", "", "1 current (issues), 2 next",
         [&] { return bool(store.change_authorities(one, two)); }},
        {"external_authority.trust", "t1", "f0", "",
         [&] { return bool(store.trust_external(authority)); }},
        {"external_authority.distrust", "t1", "f0", "",
         [&] { return bool(store.distrust_external("t1", "f0")); }},
    };
    const std::map<std::string, std::string> befores{
        {"tenant.disable", "enabled"},
        {"tenant.enable", "disabled"},
        {"client.disable", "enabled"},
        {"client.enable", "disabled"},
        {"access_key.revoke", "of the client sb-app"},
        {"channel.remove", "leads to mq:1883"},
        {"agent.reissue", "not enrolled yet"},
        {"agent.clear_alarm", "alarms: 1, the last one: twice"},
        {"agent.revoke", "not enrolled yet"},
        {"authority.change", "1 current (issues)"}};
    std::uint64_t last = 0;
    for (const auto& change : changes) {
        ASSERT_TRUE(change.make()) << change.act;
        const auto left = waiting();
        ASSERT_EQ(left.size(), 1u) << change.act;
        EXPECT_EQ(left[0].act, change.act);
        EXPECT_EQ(left[0].tenant_id, change.tenant) << change.act;
        EXPECT_EQ(left[0].object, change.object) << change.act;
        EXPECT_EQ(left[0].after, change.after) << change.act;
        const auto replaced = befores.find(change.act);
        EXPECT_EQ(left[0].before, replaced == befores.end() ? "" : replaced->second) << change.act;
        EXPECT_EQ(left[0].actor.who, "uid:7");
        EXPECT_EQ(left[0].actor.account, "jane");
        EXPECT_EQ(left[0].actor.sudo_account, "joe");
        EXPECT_GT(left[0].at, TimePoint());
        EXPECT_GT(left[0].id, last) << "numbers are not used again";
        last = left[0].id;
        for (const auto& text : {left[0].object, left[0].before, left[0].after})
            EXPECT_THAT(text, Not(HasSubstr("secret"))) << change.act;
        settle();
    }
}

TEST_F(StoreOutboxTest, WhatTheHubItselfWritesLeavesNone) {
    ASSERT_TRUE(store.add_tenant({"t1", "acme", "acme"}, now));
    ASSERT_TRUE(store.add_agent({.key = berlin, .created_at = now, .locations = {{}}},
                                {.secret_hash = "s", .agent = berlin, .expires_at = now + 1h}));
    settle();
    const CertificateEntry first{
        .serial = "01", .agent = berlin, .issued_at = now, .not_after = now + 1h};
    auto second = first;
    second.serial = "02";
    ASSERT_TRUE(store.redeem("s", first, now));
    ASSERT_TRUE(store.renew("01", second));
    ASSERT_TRUE(store.confirm(
        berlin, {.enrolment = 1, .generation = 2, .epoch = 1, .process = "p", .authorities = {}}));
    ASSERT_TRUE(store.ask_approval(berlin, "abcd", "renewal", now));
    ASSERT_TRUE(store.raise_alarm(berlin, "twice", "192.0.2.1:1", now));
    ASSERT_TRUE(store.access_key_used("k", now));
    EXPECT_TRUE(waiting().empty());
}

TEST_F(StoreOutboxTest, AChangeThatFailsLeavesNone) {
    EXPECT_FALSE(store.enable_tenant("nobody", false));
    EXPECT_FALSE(store.enable_client("nobody", false));
    EXPECT_FALSE(store.revoke_agent(berlin, now));
    EXPECT_FALSE(store.remove_channel("t1", "queue"));
    EXPECT_TRUE(waiting().empty());
}

TEST_F(StoreOutboxTest, SettlesOnlyWhatIsOnRecord) {
    for (const auto* name : {"a", "b", "c"}) ASSERT_TRUE(store.add_tenant({name, name, name}, now));
    const auto all = waiting();
    ASSERT_EQ(all.size(), 3u);
    ASSERT_TRUE(store.settle_outbox(all[1].id));
    ASSERT_EQ(waiting().size(), 1u);
    EXPECT_EQ(waiting()[0].object, "c");
    EXPECT_EQ((*store.outbox(1)).size(), 1u);
}

TEST_F(StoreOutboxTest, SaysOnceThatAnAlarmWasWritten) {
    ASSERT_TRUE(store.add_tenant({"t1", "acme", "acme"}, now));
    ASSERT_TRUE(store.add_agent({.key = berlin, .created_at = now, .locations = {{}}},
                                {.secret_hash = "s", .agent = berlin, .expires_at = now + 1h}));
    EXPECT_TRUE(*store.raise_alarm(berlin, "twice", "192.0.2.1:1", now));
    EXPECT_FALSE(*store.raise_alarm(berlin, "twice", "192.0.2.1:1", now + 1s));
    EXPECT_TRUE(*store.raise_alarm(berlin, "twice", "192.0.2.1:1", now + alarm_pause));
}

TEST(StoreActor, IsWhoRunsTheProcess) {
    const auto actor = Actor::of_process();
    EXPECT_EQ(actor.who, "uid:" + std::to_string(::getuid()));
}

}  // namespace
}  // namespace sallyport::hub
