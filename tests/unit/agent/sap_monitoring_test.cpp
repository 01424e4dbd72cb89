#include "agent/sap_monitoring.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace sallyport::agent::sap {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const Moment now{std::chrono::seconds(1'000'000)};
const std::vector<Account> accounts{
    {.name = "prod", .region_host = "hub.example", .subaccount = "t1", .location = "plant"}};

json::object parsed(std::string_view text) { return json::parse(text).as_object(); }

const json::object status = parsed(R"({
 "hubs":[{"name":"prod","links":[{"state":"up","seconds":10},{"state":"up","seconds":40},
                                 {"state":"waiting"}]}],
 "channels":[{"name":"hana","hub":"prod","listen":"127.0.0.1:30015","connections":3},
             {"name":"x","hub":"other","listen":"127.0.0.1:1","connections":1}]})");

const json::object listed = parsed(R"({"certificates":[
 {"kind":"tunnel","subject":"CN=a","issuer":"CN=ca","serial":"0a","not_before":900000,
  "not_after":9000000},
 {"kind":"system","subject":"CN=s","issuer":"CN=ca","serial":"0b","not_before":1,"not_after":2},
 {"kind":"principal-ca","subject":"CN=p","issuer":"CN=p","serial":"0c","not_before":1,
  "not_after":1000060}]})");

TEST(SapMonitoring, ASubaccountHasItsTunnelAndCertificate) {
    const auto all = subaccounts(accounts, status, listed, now);
    EXPECT_EQ(all.at("version"), 1);
    const auto& one = all.at("subaccounts").at(0);
    EXPECT_EQ(one.at("regionHost"), "hub.example");
    EXPECT_EQ(one.at("subaccount"), "t1");
    EXPECT_EQ(one.at("locationID"), "plant");
    const auto& tunnel = one.at("tunnel");
    EXPECT_EQ(tunnel.at("state"), "Connected");
    EXPECT_EQ(tunnel.at("connections"), 2);
    EXPECT_EQ(tunnel.at("connectedSinceTimeStamp"), 999'960'000);
    EXPECT_EQ(tunnel.at("serviceChannels").as_array().size(), 1U);
    EXPECT_EQ(tunnel.at("subaccountCertificate").at("notAfterTimeStamp"), 9'000'000'000);
    EXPECT_FALSE(tunnel.as_object().contains("user"));
}

TEST(SapMonitoring, WithoutALinkThereIsNoTimeOfOne) {
    const auto down = parsed(R"({"hubs":[{"name":"prod","links":[]}],"channels":[]})");
    const auto all = subaccounts(accounts, down, parsed(R"({"certificates":[]})"), now);
    const auto& tunnel = all.at("subaccounts").at(0).at("tunnel").as_object();
    EXPECT_EQ(tunnel.at("state"), "ConnectFailure");
    EXPECT_FALSE(tunnel.contains("connectedSinceTimeStamp"));
    EXPECT_FALSE(tunnel.contains("subaccountCertificate"));
}

TEST(SapMonitoring, ChannelsAreToldByTheirPort) {
    const auto all = channel_connections(accounts, status);
    const auto& list = all.at("subaccounts").at(0).at("serviceChannelConnections").as_array();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].at("port"), "30015");
    EXPECT_EQ(list[0].at("connections"), 3);
}

TEST(SapMonitoring, CertificatesAreSortedByTheirEnd) {
    const auto all = certificates(accounts, listed, now);
    EXPECT_EQ(all.at("ok").as_array().size(), 1U);
    EXPECT_EQ(all.at("ok").at(0).at("type"), "subaccount");
    EXPECT_EQ(all.at("ok").at(0).at("subaccountName"), "t1");
    EXPECT_EQ(all.at("expired").at(0).at("type"), "System");
    EXPECT_EQ(all.at("expiring").at(0).at("type"), "CA");
    EXPECT_EQ(certificates_in(CertificateState::expired, accounts, listed, now).size(), 1U);
}

TEST(SapMonitoring, BackEndsBelongToTheHubsTheyAreExposedTo) {
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
         .bytes_sent = 6},
        {.virtual_host = "x:1", .internal = "x:1", .protocol = "tcp", .hub = "other"}};
    const auto connections = backend_connections(accounts, back_ends);
    const auto& list = connections.at("subaccounts").at(0).at("backendConnections").as_array();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].at("protocol"), "HTTPS");
    EXPECT_EQ(list[0].at("idle"), 2);
    const auto performance = backend_performance(accounts, back_ends, now);
    const auto& one = performance.at("subaccounts").at(0).at("backendPerformance").at(0);
    EXPECT_EQ(one.at("virtualHost"), "erp.virtual");
    EXPECT_EQ(one.at("virtualPort"), "44300");
    EXPECT_EQ(one.at("buckets").at(0).at("minimumCallDurationMs"), 10);
    EXPECT_EQ(performance.at("subaccounts").at(0).at("sinceTime"), 1'000'000'000);
    const auto used = usage(accounts, back_ends, now);
    EXPECT_EQ(used.at("subaccounts").at(0).at("usageStatistics").at(0).at("calls"), 7);
}

TEST(SapMonitoring, TheSlowestCallsSayWhereTheirTimeWent) {
    const std::vector<SlowCall> slow{{.virtual_host = "erp.virtual:44300",
                                      .internal = "s4.corp:44300",
                                      .protocol = "https",
                                      .resource = "/x",
                                      .total = 1'500'999us,
                                      .back_end = 1'400'000us,
                                      .principal = 2'000us}};
    const auto all = top_time_consumers(accounts, slow, now);
    const auto& one = all.at("subaccounts").at(0).at("requests").at(0);
    EXPECT_EQ(one.at("totalTime"), 1'500);
    EXPECT_EQ(one.at("externalTime"), 1'400);
    EXPECT_EQ(one.at("genSsoTime"), 2);
}

TEST(SapMonitoring, MemoryAndDiskAreWholeUnitsThatAddUp) {
    const Memory machine{.total = 10'240'000, .ours = 1'024'000, .free = 2'048'000};
    const auto told = memory(machine, std::nullopt, {.total = 4096, .ours = 1024, .free = 3072});
    EXPECT_EQ(json::serialize(told),
              R"({"physicalKB":{"total":10000,"CloudConnector":1000,"others":7000,"free":2000},)"
              R"("version":1,"cloudConnectorHeapKB":{"total":4,"used":1,"free":3}})");
    EXPECT_EQ(disk({.total = 1, .ours = 5, .free = 9}).at("others"), 0);
}

}  // namespace
}  // namespace sallyport::agent::sap
