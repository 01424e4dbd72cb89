#include "hub/hub_audit.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "hub/link_evidence.hpp"
#include "hub/outbox_drain.hpp"
#include "hub_fixture.hpp"
#include "tests/support/audit_records.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <future>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using test::records_of;

TEST(RefusalBudget, RecordsSoManyInAWindowAndCountsTheOthers) {
    RefusalBudget budget;
    const RefusalBudget::TimePoint start{};
    for (std::uint32_t i = 0; i < RefusalBudget::refusals_per_window_max; ++i)
        EXPECT_TRUE(budget.take(start));
    EXPECT_FALSE(budget.take(start));
    EXPECT_FALSE(budget.take(start + RefusalBudget::refusals_window - 1ns));
    EXPECT_TRUE(budget.take(start + RefusalBudget::refusals_window));
    EXPECT_EQ(budget.take_left_out(), 2u);
    EXPECT_EQ(budget.take_left_out(), 0u);
}

class HubAuditTest : public testing::Test {
protected:
    void open(audit::OnFailure on_failure = audit::OnFailure::block) {
        audit::Settings settings;
        settings.folder = folder();
        settings.on_failure = on_failure;
        settings.program = "sallyport-hub";
        auto opened = audit::Log::open(settings);
        ASSERT_TRUE(opened);
        log = std::move(*opened);
        hub.emplace(*log);
    }
    std::filesystem::path folder() const { return root.path() / "audit"; }
    /// Nobody can write where no folder can be.
    void break_log() { ASSERT_TRUE(replace_file(folder(), "no folder", 0600)); }

    test::TemporaryFolder root;
    std::unique_ptr<audit::Log> log;
    std::optional<HubAudit> hub;
};

TEST_F(HubAuditTest, TellsHowManyRefusalsItLeftOut) {
    open();
    const auto many = RefusalBudget::refusals_per_window_max + 5;
    for (std::uint32_t i = 0; i < many; ++i)
        hub->refused(audit::TokenRefused{.via = "socks5", .reason = "forged"}, {});
    hub->refused(audit::LinkRefused{.code = "clone"}, {});
    hub->tell_left_out();
    hub->tell_left_out();
    log->close();
    EXPECT_EQ(records_of(folder(), "token.refused").size(), RefusalBudget::refusals_per_window_max);
    EXPECT_EQ(records_of(folder(), "link.refused").size(), 1u) << "each kind has its own budget";
    const auto left_out = records_of(folder(), "refusals.left_out");
    ASSERT_EQ(left_out.size(), 1u);
    EXPECT_EQ(left_out[0].text("refused"), "token.refused");
    EXPECT_EQ(left_out[0].number("count"), 5u);
}

TEST_F(HubAuditTest, WhatWasLeftOutWhileTheLogHadFailedIsToldWhenItIsRepaired) {
    break_log();
    open();
    ASSERT_FALSE(log->healthy());
    for (std::uint32_t i = 0; i < RefusalBudget::refusals_per_window_max + 5; ++i)
        hub->refused(audit::TokenRefused{.via = "socks5", .reason = "forged"}, {});
    hub->tell_left_out();
    std::filesystem::remove(folder());
    ASSERT_TRUE(log->repair());
    hub->tell_left_out();
    log->close();
    const auto left_out = records_of(folder(), "refusals.left_out");
    ASSERT_EQ(left_out.size(), 1u);
    EXPECT_EQ(left_out[0].number("count"), 5u);
}

TEST_F(HubAuditTest, ALinkIsUpOnceAndDownOnce) {
    open();
    const auto name = *certs::AgentName::make("hub.test", "t1", "berlin");
    {
        LinkEvidence link(&*hub, {"hub.test", "0.3", "192.0.2.1:5", "ab"}, name);
        link.up("BRANCH", 4);
        link.up("BRANCH", 4);
        link.ended({Errc::timed_out, "no ping"});
    }
    { LinkEvidence never(&*hub, {"hub.test", "0.4", "192.0.2.1:6", "ab"}, name); }
    log->close();
    const auto up = records_of(folder(), "link.up");
    ASSERT_EQ(up.size(), 1u);
    EXPECT_EQ(up[0].text("tenant"), "t1");
    EXPECT_EQ(up[0].text("agent"), "berlin");
    EXPECT_EQ(up[0].text("certificate"), "ab");
    const auto down = records_of(folder(), "link.down");
    ASSERT_EQ(down.size(), 1u);
    EXPECT_NE(down[0].text("reason").find("no ping"), std::string_view::npos);
}

TEST_F(HubAuditTest, AnAgentThatComesAndGoesAllTheTimeFillsNoDisk) {
    open();
    const auto link = [&](const char* agent) {
        LinkEvidence evidence(&*hub, {"hub.test", "0.3", "192.0.2.1:5", "ab"},
                              *certs::AgentName::make("hub.test", "t1", agent));
        evidence.up("", 4);
        evidence.up("", 4);
    };
    for (std::uint32_t i = 0; i < HubAudit::links_recorded_max + 7; ++i) link("berlin");
    link("bonn");
    hub->tell_left_out();
    log->close();
    EXPECT_EQ(records_of(folder(), "link.up").size(), HubAudit::links_recorded_max + 1U);
    EXPECT_EQ(records_of(folder(), "link.down").size(), HubAudit::links_recorded_max + 1U);
    const auto left_out = records_of(folder(), "refusals.left_out");
    ASSERT_EQ(left_out.size(), 1u);
    EXPECT_EQ(left_out[0].text("refused"), "link.up");
    EXPECT_EQ(left_out[0].number("count"), 7u);
}

TEST_F(HubAuditTest, AnAgentHasSoManyCertificatesAMinute) {
    open();
    const HubAudit::TimePoint start{};
    for (std::uint32_t i = 0; i < HubAudit::renewals_max; ++i)
        EXPECT_TRUE(hub->may_renew("t1", "berlin", start));
    EXPECT_FALSE(hub->may_renew("t1", "berlin", start));
    EXPECT_TRUE(hub->may_renew("t1", "bonn", start));
    hub->tell_left_out(start);
    EXPECT_FALSE(hub->may_renew("t1", "berlin", start)) << "telling forgives nothing";
    EXPECT_TRUE(hub->may_renew("t1", "berlin", start + RefusalBudget::refusals_window));
}

TEST_F(HubAuditTest, ACertificateIsOnRecordWhenItIsGiven) {
    open();
    ASSERT_TRUE(hub->admits());
    ASSERT_TRUE(hub->issued({.tenant = "t1", .agent = "berlin", .serial = "0a"}));
    const auto issued = records_of(folder(), "certificate.issued");
    ASSERT_EQ(issued.size(), 1u) << "before anything else is written";
    EXPECT_EQ(issued[0].text("serial"), "0a");
}

TEST_F(HubAuditTest, AFailedLogGivesNoCertificateUnlessItMay) {
    break_log();
    open();
    EXPECT_FALSE(hub->admits());
    EXPECT_EQ(hub->issued({.serial = "0a"}).error().code, Errc::unavailable);
    open(audit::OnFailure::degrade);
    EXPECT_TRUE(hub->admits());
    EXPECT_TRUE(hub->issued({.serial = "0a"}));
}

class OutboxDrainTest : public HubAuditTest {
protected:
    Store store = *Store::create(root.path() / "hub.db");
};

TEST_F(OutboxDrainTest, PutsOnRecordWhatWaitsAndRemovesIt) {
    store.act_as({.who = "uid:7", .account = "jane", .sudo_account = {}});
    ASSERT_TRUE(store.add_tenant({"t1", "acme", "acme"}, now));
    ASSERT_TRUE(store.enable_tenant("t1", false));
    open();
    OutboxDrain drain(store, *log);
    ASSERT_TRUE(drain.run());
    EXPECT_TRUE(store.outbox(10)->empty());
    auto acts = records_of(folder(), "admin.action");
    ASSERT_EQ(acts.size(), 2u);
    EXPECT_EQ(acts[0].text("act"), "tenant.add");
    EXPECT_EQ(acts[0].text("account"), "jane");
    EXPECT_EQ(acts[1].text("act"), "tenant.disable");
    EXPECT_TRUE(acts[1].number("outbox"));

    ASSERT_TRUE(drain.run());
    ASSERT_TRUE(store.enable_tenant("t1", true));
    ASSERT_TRUE(drain.run());
    ASSERT_TRUE(drain.run());
    EXPECT_EQ(records_of(folder(), "admin.action").size(), 3u);
}

TEST_F(OutboxDrainTest, TakesMoreThanOneBatch) {
    const auto many = OutboxDrain::outbox_batch_rows_max + 3;
    ASSERT_TRUE(store.add_tenant({"t1", "acme", "acme"}, now));
    for (std::size_t i = 1; i < many; ++i) ASSERT_TRUE(store.enable_tenant("t1", true));
    open();
    OutboxDrain drain(store, *log);
    ASSERT_TRUE(drain.run());
    EXPECT_EQ(records_of(folder(), "admin.action").size(), many);
    EXPECT_TRUE(store.outbox(1)->empty());
}

TEST_F(OutboxDrainTest, WhileTheLogHasFailedEverythingWaits) {
    ASSERT_TRUE(store.add_tenant({"t1", "acme", "acme"}, now));
    break_log();
    open();
    OutboxDrain drain(store, *log);
    EXPECT_FALSE(drain.run());
    EXPECT_FALSE(drain.run());
    EXPECT_EQ(store.outbox(10)->size(), 1u);
    EXPECT_EQ(log->dropped(), 0u) << "nothing is lost, so nothing is counted";

    std::filesystem::remove(folder());
    ASSERT_TRUE(log->repair());
    ASSERT_TRUE(drain.run());
    EXPECT_EQ(records_of(folder(), "admin.action").size(), 1u);
}

}  // namespace
}  // namespace sallyport::hub
