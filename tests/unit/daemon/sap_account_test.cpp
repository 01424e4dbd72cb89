#include "daemon/sap_account.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace sallyport::daemon::sap {
namespace {

using boost::json::serialize;

TEST(SapAccount, IsNamedAsSapNamesIt) {
    const Account account{
        .name = "prod", .region_host = "hub.example", .subaccount = "t1", .location = "plant"};
    EXPECT_EQ(serialize(head_of(account)),
              R"({"regionHost":"hub.example","subaccount":"t1","locationID":"plant"})");
    EXPECT_EQ(serialize(whole({})), R"({"subaccounts":[],"version":1})");
}

TEST(SapAccount, ATunnelThatIsNotThereHasNoTimeOfOne) {
    const Moment since{std::chrono::seconds(7)};
    EXPECT_EQ(serialize(tunnel(TunnelState::connected, 2, since)),
              R"({"state":"Connected","connections":2,"connectedSinceTimeStamp":7000})");
    EXPECT_EQ(serialize(tunnel(TunnelState::connect_failure, 0, since)),
              R"({"state":"ConnectFailure","connections":0})");
    EXPECT_EQ(serialize(tunnel(TunnelState::disconnected, 0, std::nullopt)),
              R"({"state":"Disconnected","connections":0})");
}

}  // namespace
}  // namespace sallyport::daemon::sap
