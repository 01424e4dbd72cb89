#include "agent/sap_back_ends.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace sallyport::agent::sap {
namespace {

using namespace std::chrono_literals;

class SapBackEnds : public ::testing::Test {
protected:
    const Moment now{std::chrono::seconds(1'000'000)};
    const std::vector<Account> prod{
        {.name = "prod", .region_host = "hub.example", .subaccount = "t1", .location = ""}};
};

TEST_F(SapBackEnds, BackEndsBelongToTheHubsTheyAreExposedTo) {
    const std::vector<BackEnd> back_ends{
        {.virtual_host = "erp.virtual:44300",
         .internal = "s4.corp:44300",
         .protocol = "https",
         .hub = "",
         .idle = 2,
         .active = 1,
         .buckets = {{.calls = 7, .at_least = 10ms}},
         .calls = 7,
         .bytes_received = 5,
         .bytes_sent = 6,
         .accessed = now - 1s,
         .resources = {{.path = "/a",
                        .calls = 7,
                        .bytes_received = 5,
                        .bytes_sent = 6,
                        .accessed = now - 1s},
                       {.path = "/b", .enabled = false}}},
        {.virtual_host = "x:1", .internal = "x:1", .protocol = "tcp", .hub = "other"}};
    const auto connections = backend_connections(prod, back_ends);
    const auto& list = connections.at("subaccounts").at(0).at("backendConnections").as_array();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].at("protocol"), "HTTPS");
    EXPECT_EQ(list[0].at("idle"), 2);
    const auto performance = backend_performance(prod, back_ends, now);
    const auto& one = performance.at("subaccounts").at(0).at("backendPerformance").at(0);
    EXPECT_EQ(one.at("virtualHost"), "erp.virtual");
    EXPECT_EQ(one.at("virtualPort"), "44300");
    EXPECT_EQ(one.at("buckets").at(0).at("minimumCallDurationMs"), 10);
    EXPECT_EQ(performance.at("subaccounts").at(0).at("sinceTime"), 1'000'000'000);
    const auto used = usage(prod, back_ends, now);
    EXPECT_EQ(boost::json::serialize(used.at("subaccounts").at(0).at("usageStatistics")),
              R"([{"virtualHost":"erp.virtual","virtualPort":"44300","protocol":"HTTPS",)"
              R"("bytesReceived":5,"bytesSent":6,"calls":7,"mostRecentAccess":999999000,)"
              R"("resources":[{"resourceName":"/a","enabled":true,"bytesReceived":5,)"
              R"("bytesSent":6,"calls":7,"mostRecentAccess":999999000},)"
              R"({"resourceName":"/b","enabled":false,"bytesReceived":0,"bytesSent":0,)"
              R"("calls":0}]}])");
}

TEST_F(SapBackEnds, TheSlowestCallsSayWhereTheirTimeWent) {
    const std::vector<SlowCall> slow{{.virtual_host = "erp.virtual:44300",
                                      .internal = "s4.corp:44300",
                                      .protocol = "https",
                                      .resource = "/x",
                                      .bytes_received = 10,
                                      .bytes_sent = 20,
                                      .total = 1'500'999us,
                                      .back_end = 1'400'000us,
                                      .principal = 2'000us}};
    const auto all = top_time_consumers(prod, slow, now);
    const auto& one = all.at("subaccounts").at(0).at("requests").at(0);
    EXPECT_EQ(one.at("totalTime"), 1'500);
    EXPECT_EQ(one.at("externalTime"), 1'400);
    EXPECT_EQ(one.at("genSsoTime"), 2);
    EXPECT_EQ(one.at("receivedBytes"), 10);
    EXPECT_EQ(one.at("sentBytes"), 20);
    EXPECT_FALSE(one.as_object().contains("user"));
}

}  // namespace
}  // namespace sallyport::agent::sap
