#include "agent/sap_tunnels.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace sallyport::agent::sap {
namespace {

class SapTunnels : public ::testing::Test {
protected:
    static boost::json::object parsed(std::string_view text) {
        return boost::json::parse(text).as_object();
    }

    const Moment now{std::chrono::seconds(1'000'000)};
    const std::vector<Account> accounts{
        {.name = "prod", .region_host = "hub.example", .subaccount = "t1", .location = "plant"}};
    const boost::json::object status = parsed(R"({"draining":false,
 "hubs":[{"name":"prod","links":[{"state":"up","seconds":10},{"state":"up","seconds":40},
                                 {"state":"waiting"}]}],
 "channels":[{"name":"hana","hub":"prod","listen":"127.0.0.1:30015","connections":3},
             {"name":"x","hub":"other","listen":"127.0.0.1:1","connections":1}]})");
    const boost::json::object listed = parsed(R"({"certificates":[
 {"kind":"tunnel","subject":"CN=a","issuer":"CN=ca","serial":"0a","not_before":900000,
  "not_after":9000000}]})");
};

TEST_F(SapTunnels, ASubaccountHasItsTunnelAndCertificate) {
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

TEST_F(SapTunnels, WithoutALinkThereIsNoTimeOfOne) {
    const auto down =
        parsed(R"({"draining":false,"hubs":[{"name":"prod","links":[]}],"channels":[]})");
    const auto all = subaccounts(accounts, down, parsed(R"({"certificates":[]})"), now);
    const auto& tunnel = all.at("subaccounts").at(0).at("tunnel").as_object();
    EXPECT_EQ(tunnel.at("state"), "ConnectFailure");
    EXPECT_FALSE(tunnel.contains("connectedSinceTimeStamp"));
    EXPECT_FALSE(tunnel.contains("subaccountCertificate"));
}

TEST_F(SapTunnels, AnAgentThatStopsIsDisconnectedAndHasNotFailed) {
    const auto stops =
        parsed(R"({"draining":true,"hubs":[{"name":"prod","links":[]}],"channels":[]})");
    const auto all = subaccounts(accounts, stops, parsed(R"({"certificates":[]})"), now);
    EXPECT_EQ(all.at("subaccounts").at(0).at("tunnel").at("state"), "Disconnected");
}

TEST_F(SapTunnels, ChannelsAreToldByTheirPort) {
    const auto all = channel_connections(accounts, status);
    const auto& list = all.at("subaccounts").at(0).at("serviceChannelConnections").as_array();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].at("port"), "30015");
    EXPECT_EQ(list[0].at("connections"), 3);
}

}  // namespace
}  // namespace sallyport::agent::sap
