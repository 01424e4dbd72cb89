#include "hub/accounts.hpp"

#include "base/error.hpp"
#include "certs/spiffe.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

/// acme owns the client sb-app, to which sub subscribed; rival has nothing to do with it.
StoreContent content() {
    return {
        .tenants = {{"t-acme", "acme", "acme", true},
                    {"t-sub", "sub", "sub", true},
                    {"t-rival", "rival", "rival", true},
                    {"t-off", "off", "off", false}},
        .clients = {{.id = "sb-app",
                     .tenant_id = "t-acme",
                     .subscribed_tenant_ids = {"t-sub", "t-off"}},
                    {.id = "sb-disabled", .tenant_id = "t-acme", .enabled = false},
                    {.id = "sb-rival", .tenant_id = "t-rival"}},
        .agents = {{.key = {"t-acme", "berlin"}, .locations = {{}, {"BRANCH"}}},
                   {.key = {"t-acme", "twin-a"}, .locations = {{"S", Sharing::shared}}},
                   {.key = {"t-acme", "twin-b"}, .locations = {{"S", Sharing::shared}}},
                   {.key = {"t-acme", "gone"}, .revoked_at = now, .locations = {{}}},
                   {.key = {"t-rival", "berlin"}, .locations = {{"RIVAL"}}},
                   {.key = {"t-off", "berlin"}, .locations = {{}}}},
        .certificates = {{.serial = "0bad", .agent = {"t-acme", "berlin"}, .revoked_at = now},
                         {.serial = "01", .agent = {"t-acme", "berlin"}},
                         {.serial = "02", .agent = {"t-acme", "twin-a"}},
                         {.serial = "03", .agent = {"t-acme", "twin-b"}},
                         {.serial = "04", .agent = {"t-rival", "berlin"}},
                         {.serial = "05", .agent = {"t-off", "berlin"}}},
        .revoked_serials = {"0bad"},
    };
}

const auto accounts = Accounts::from(content(), 7);

TEST(Accounts, ATokenIsForTheOwnerUnlessAnotherTenantIsChosen) {
    const auto& app = *accounts->find_client("sb-app");
    EXPECT_EQ((*accounts->choose_tenant(app, {}))->id, "t-acme");
    EXPECT_EQ((*accounts->choose_tenant(app, {.zone_id = "t-sub"}))->id, "t-sub");
    EXPECT_EQ((*accounts->choose_tenant(app, {.subdomain = "sub"}))->id, "t-sub");
    EXPECT_EQ((*accounts->choose_tenant(app, {.zone_id = "t-sub", .subdomain = "sub"}))->id,
              "t-sub");
    EXPECT_EQ((*accounts->choose_tenant(app, {.zone_id = "t-acme"}))->id, "t-acme");
}

TEST(Accounts, AChoiceOfTenantSelectsOnlyAmongSubscribedOnes) {
    const auto& app = *accounts->find_client("sb-app");
    const TenantChoice attacks[] = {
        {.zone_id = "t-rival"},                        // somebody else's
        {.zone_id = "t-none"},                         // nobody's
        {.zone_id = ""},                               //
        {.zone_id = "acme"},                           // a name is not an id
        {.zone_id = "T-ACME"},                         //
        {.zone_id = "t-off"},                          // subscribed, but disabled
        {.subdomain = "rival"},                        //
        {.subdomain = "t-acme"},                       // an id is not a subdomain
        {.subdomain = ""},                             //
        {.subdomain = "off"},                          //
        {.zone_id = "t-acme", .subdomain = "rival"},   // one good, one bad
        {.zone_id = "t-rival", .subdomain = "acme"},   //
        {.zone_id = "t-rival", .subdomain = "rival"},  //
        {.zone_id = "t-acme", .subdomain = "sub"},     // both its own, but not the same
    };
    for (const auto& attack : attacks)
        EXPECT_FALSE(accounts->choose_tenant(app, attack))
            << attack.zone_id.value_or("-") << ' ' << attack.subdomain.value_or("-");
}

TEST(Accounts, UnknownAndForeignTenantsLookTheSame) {
    const auto& app = *accounts->find_client("sb-app");
    const auto unknown = accounts->choose_tenant(app, {.zone_id = "t-none"});
    for (const auto& choice : {TenantChoice{.zone_id = "t-rival"},
                               TenantChoice{.subdomain = "rival"}, TenantChoice{.subdomain = "x"}})
        EXPECT_EQ(accounts->choose_tenant(app, choice).error().detail, unknown.error().detail);
}

TEST(Accounts, ADisabledClientActsNowhere) {
    const auto& disabled = *accounts->find_client("sb-disabled");
    EXPECT_FALSE(accounts->choose_tenant(disabled, {}));
    EXPECT_EQ(accounts->may_act(disabled, "t-acme").error().code, Errc::denied);
}

TEST(Accounts, AClientActsOnlyWhereItsTenantOrASubscriptionLets) {
    const std::tuple<const char*, const char*, bool> table[] = {
        {"sb-app", "t-acme", true},    {"sb-app", "t-sub", true},
        {"sb-app", "t-rival", false},  {"sb-app", "t-off", false},
        {"sb-app", "", false},         {"sb-rival", "t-rival", true},
        {"sb-rival", "t-acme", false}, {"sb-disabled", "t-acme", false},
    };
    for (const auto& [client, tenant, expected] : table)
        EXPECT_EQ(accounts->may_act(*accounts->find_client(client), tenant).has_value(), expected)
            << client << " in " << tenant;
}

TEST(Accounts, AnAgentAttachesOnlyAsItselfAndOnlyAtItsLocations) {
    struct Case {
        const char* tenant;
        const char* agent;
        const char* location;
        const char* serial;
        bool allowed;
        const char* why;
    };
    const Case table[] = {
        {"t-acme", "berlin", "", "01", true, "default location"},
        {"t-acme", "berlin", "BRANCH", "01", true, "granted location"},
        {"t-acme", "berlin", "branch", "01", false, "locations are compared exactly"},
        {"t-acme", "berlin", "OTHER", "01", false, "nobody's location"},
        {"t-acme", "berlin", "S", "01", false, "another agent's location"},
        {"t-acme", "berlin", "RIVAL", "01", false, "location of the namesake in another tenant"},
        {"t-rival", "berlin", "", "04", false, "default location was not granted"},
        {"t-rival", "berlin", "RIVAL", "04", true, "the namesake itself"},
        {"t-rival", "berlin", "RIVAL", "01", false, "with the certificate of its namesake"},
        {"t-acme", "berlin", "", "99", false, "a certificate that the hub has forgotten"},
        {"t-acme", "berlin", "", "0bad", false, "revoked certificate"},
        {"t-acme", "gone", "", "01", false, "revoked agent"},
        {"t-acme", "nobody", "", "01", false, "unknown agent"},
        {"t-none", "berlin", "", "01", false, "unknown tenant"},
        {"t-off", "berlin", "", "05", false, "disabled tenant"},
        {"t-acme", "twin-a", "S", "02", true, "shared by both"},
        {"t-acme", "twin-b", "S", "03", true, "shared by both"},
    };
    for (const auto& [tenant, agent, location, serial, allowed, why] : table) {
        const auto name = certs::AgentName::make("hub.example.com", tenant, agent);
        ASSERT_TRUE(name);
        EXPECT_EQ(accounts->may_attach(*name, location, serial).has_value(), allowed) << why;
    }
}

TEST(Accounts, TwoAgentsAtOneLocationAttachOnlyIfBothShareIt) {
    for (const auto& [first, second, allowed] :
         {std::tuple{Sharing::alone, Sharing::alone, false},
          std::tuple{Sharing::alone, Sharing::shared, false},
          std::tuple{Sharing::shared, Sharing::alone, false},
          std::tuple{Sharing::shared, Sharing::shared, true}}) {
        auto both = content();
        both.agents = {{.key = {"t-acme", "one"}, .locations = {{"L", first}}},
                       {.key = {"t-acme", "two"}, .locations = {{"L", second}}}};
        both.certificates = {{.serial = "one", .agent = {"t-acme", "one"}},
                             {.serial = "two", .agent = {"t-acme", "two"}}};
        const auto picture = Accounts::from(std::move(both), 1);
        for (const char* agent : {"one", "two"})
            EXPECT_EQ(picture
                          ->may_attach(*certs::AgentName::make("hub.example.com", "t-acme", agent),
                                       "L", agent)
                          .has_value(),
                      allowed);
    }
}

TEST(Accounts, ARevokedAgentMakesRoom) {
    auto both = content();
    both.agents = {{.key = {"t-acme", "one"}, .locations = {{"L"}}},
                   {.key = {"t-acme", "two"}, .revoked_at = now, .locations = {{"L"}}}};
    both.certificates = {{.serial = "01", .agent = {"t-acme", "one"}}};
    EXPECT_TRUE(
        Accounts::from(std::move(both), 1)
            ->may_attach(*certs::AgentName::make("hub.example.com", "t-acme", "one"), "L", "01"));
}

TEST(Accounts, AreTakenAnewOnlyWhenTheStoreChanged) {
    const test::TemporaryFolder folder;
    auto store = Store::create(folder.path() / "hub.db");
    auto command_line = Store::open(folder.path() / "hub.db");
    ASSERT_TRUE(store && command_line);
    const auto first = refresh_accounts(*store, nullptr);
    ASSERT_TRUE(first && *first);
    EXPECT_EQ(*refresh_accounts(*store, *first), *first);

    ASSERT_TRUE(command_line->add_tenant({"t", "t", "t"}, now));
    const auto second = refresh_accounts(*store, *first);
    ASSERT_TRUE(second);
    EXPECT_NE((*second)->generation, (*first)->generation);
    EXPECT_NE((*second)->find_tenant("t"), nullptr);
    EXPECT_EQ((*first)->find_tenant("t"), nullptr) << "a picture never changes";
}

}  // namespace
}  // namespace sallyport::hub
