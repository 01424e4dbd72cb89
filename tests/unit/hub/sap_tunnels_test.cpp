#include "hub/sap_tunnels.hpp"

#include "hub_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::hub {
namespace {

using daemon::sap::TunnelState;
using namespace std::chrono_literals;

class SapTunnels : public ::testing::Test {
protected:
    static StoreContent store() {
        const auto issued = [](const char* serial, AgentKey agent, std::uint64_t generation) {
            return CertificateEntry{.serial = serial,
                                    .agent = std::move(agent),
                                    .generation = generation,
                                    .not_after = now + std::chrono::hours(generation)};
        };
        StoreContent content{
            .tenants = {{"t-acme", "acme", "acme", true}, {"t-off", "off", "off", false}},
            .clients = {},
            .agents = {{.key = {"t-acme", "berlin"}, .locations = {{}, {"BRANCH"}}},
                       {.key = {"t-acme", "gone"}, .revoked_at = now, .locations = {{}}},
                       {.key = {"t-acme", "never"}, .locations = {{}}},
                       {.key = {"t-off", "berlin"}, .locations = {{}}}},
            .certificates = {issued("01", berlin, 1), issued("03", berlin, 3),
                             issued("02", berlin, 2), issued("04", {"t-acme", "gone"}, 1),
                             issued("x5", {"t-off", "berlin"}, 1)}};
        content.certificates[1].revoked_at = now;
        return content;
    }
    static Registry::Status link_of(const std::string& location, const std::string& serial) {
        Registry::Status status{
            .member = {.name = *certs::AgentName::make("hub.test", "t-acme", "berlin")},
            .links = 2,
            .since = steady - 40s};
        status.member.tenant = "t-acme";
        status.member.agent = "berlin";
        status.member.location = location;
        status.member.serial = serial;
        return status;
    }
    std::vector<SapTunnel> told(const std::vector<Registry::Status>& attached) const {
        return sap_tunnels(*accounts, attached, "hub.example", {.wall = now, .steady = steady});
    }

    static constexpr Registry::Time steady{1h};
    const std::shared_ptr<const Accounts> accounts = Accounts::from(store(), 1);
};

TEST_F(SapTunnels, AnAgentIsToldOnceForEachOfItsLocations) {
    const auto all = told({link_of("BRANCH", "01")});
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[0].state, TunnelState::connect_failure);
    EXPECT_EQ(all[1].state, TunnelState::connected);
    const auto json = sap_subaccounts(all);
    const auto& one = json.at("subaccounts").at(1);
    EXPECT_EQ(one.at("regionHost"), "hub.example");
    EXPECT_EQ(one.at("subaccount"), "t-acme");
    EXPECT_EQ(one.at("locationID"), "BRANCH");
    EXPECT_EQ(one.at("displayName"), "berlin");
    EXPECT_EQ(one.at("description"), "acme");
    const auto& tunnel = one.at("tunnel");
    EXPECT_EQ(tunnel.at("state"), "Connected");
    EXPECT_EQ(tunnel.at("connections"), 2);
    EXPECT_EQ(tunnel.at("connectedSinceTimeStamp"), daemon::sap::to_milliseconds(now - 40s));
}

TEST_F(SapTunnels, WhoMustNotComeOrNeverCameIsNotMissed) {
    const auto all = told({});
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[0].state, TunnelState::connect_failure);  // berlin
    EXPECT_EQ(all[2].state, TunnelState::disconnected);     // gone, which was revoked
    EXPECT_EQ(all[3].state, TunnelState::disconnected);     // never
    EXPECT_EQ(all[4].state, TunnelState::disconnected);     // of a tenant that is off
    EXPECT_FALSE(sap_subaccounts(all)
                     .at("subaccounts")
                     .at(0)
                     .at("tunnel")
                     .as_object()
                     .contains("connectedSinceTimeStamp"));
}

TEST_F(SapTunnels, TheCertificateIsThatOfTheLinksElseTheNewestThatStands) {
    const auto all = told({link_of("BRANCH", "01")});
    ASSERT_TRUE(all[0].certificate && all[1].certificate && all[4].certificate);
    EXPECT_EQ(all[0].certificate->serial, "02");
    EXPECT_EQ(all[1].certificate->serial, "01");
    EXPECT_FALSE(all[3].certificate);
    const auto json = sap_subaccounts(all);
    const auto certificate_of = [&](std::size_t index) {
        return json.at("subaccounts")
            .at(index)
            .at("tunnel")
            .at("subaccountCertificate")
            .as_object();
    };
    EXPECT_EQ(certificate_of(0).at("notAfterTimeStamp"), daemon::sap::to_milliseconds(now + 2h));
    EXPECT_EQ(certificate_of(0).at("serialNumber"), "02");
    EXPECT_FALSE(
        certificate_of(4).contains("serialNumber"));  // a foreign one: only its hash is known
    const auto listed = sap_certificates_of(all);
    ASSERT_EQ(listed.size(), 2U) << "of agents that are waited for";
    EXPECT_EQ(listed[0].ends, now + 2h);
    EXPECT_EQ(listed[0].account->subaccount, "t-acme");
}

}  // namespace
}  // namespace sallyport::hub
