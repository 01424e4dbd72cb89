#include "agent/link_record.hpp"

#include "base/bytes.hpp"
#include "tests/support/audit_records.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

class LinkRecordTest : public ::testing::TestWithParam<audit::Durability> {
protected:
    LinkRecordTest() {
        auto log = audit::Log::open({.folder = folder_.path() / "audit", .durability = GetParam()});
        if (log) log_ = std::move(*log);
        pair_ = test::shake_hands(loop_, world_.hub(hub_), world_.agent());
    }
    std::vector<audit::Record> told(std::string_view event) {
        log_->close();
        return test::records_of(folder_.path() / "audit", event);
    }
    LinkRecord::Facts facts() const {
        return {.hub = "prod", .link = "1.3", .location = "plant", .epoch = 7};
    }

    test::TemporaryFolder folder_;
    std::unique_ptr<audit::Log> log_;
    net::Loop loop_;
    test::TlsWorld world_;
    test::Held hub_ = world_.pki().hub();
    test::TlsPair pair_;
};

TEST_P(LinkRecordTest, ALinkThatComesUpIsToldWithBothSidesAndItsEndWithTheReason) {
    ASSERT_TRUE(pair_.up());
    {
        LinkRecord record(log_.get(), facts(), *pair_.client);
        record.up("192.0.2.7:443");
        record.up("192.0.2.7:443");
        record.set_reason("the hub is gone");
    }
    const auto ups = told("link.up");
    ASSERT_EQ(ups.size(), 1U);
    EXPECT_EQ(ups[0].text("hub"), "prod");
    EXPECT_EQ(ups[0].text("link"), "1.3");
    EXPECT_EQ(ups[0].text("remote"), "192.0.2.7:443");
    EXPECT_EQ(ups[0].text("tenant"), "acme");
    EXPECT_EQ(ups[0].text("agent"), "berlin-1");
    EXPECT_EQ(ups[0].text("location"), "plant");
    EXPECT_EQ(ups[0].text("certificate"), to_hex(hub_.certificate.fingerprint()));
    EXPECT_EQ(ups[0].number("epoch"), 7U);
    const auto downs = told("link.down");
    ASSERT_EQ(downs.size(), 1U);
    EXPECT_EQ(downs[0].text("hub"), "prod");
    EXPECT_EQ(downs[0].text("link"), "1.3");
    EXPECT_EQ(downs[0].text("agent"), "berlin-1");
    EXPECT_EQ(downs[0].text("reason"), "the hub is gone");
    EXPECT_TRUE(downs[0].number("duration_us"));
}

TEST_P(LinkRecordTest, ALinkThatTheHubNeverWelcomedIsNotTold) {
    ASSERT_TRUE(pair_.up());
    { LinkRecord record(log_.get(), facts(), *pair_.client); }
    EXPECT_TRUE(told("link.up").empty());
    EXPECT_TRUE(told("link.down").empty());
}

TEST_P(LinkRecordTest, WithoutALogNothingIsRecorded) {
    ASSERT_TRUE(pair_.up());
    LinkRecord record(nullptr, facts(), *pair_.client);
    record.up("192.0.2.7:443");
    record.set_reason("x");
}

INSTANTIATE_TEST_SUITE_P(Durability, LinkRecordTest,
                         ::testing::Values(audit::Durability::process, audit::Durability::power));

}  // namespace
}  // namespace sallyport::agent
