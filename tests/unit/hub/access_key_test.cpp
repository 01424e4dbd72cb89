#include "hub/access_key.hpp"

#include "base/error.hpp"
#include "certs/secret_hash.hpp"
#include "hub/key_hosts.hpp"
#include "hub/wrong_keys.hpp"
#include "hub_fixture.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

/// A client with one key.
struct Site {
    NewAccessKey made = make_access_key();
    StoreContent content{.tenants = {{.id = "t1", .name = "acme", .subdomain = "acme"}},
                         .clients = {{.id = "sb-shop", .tenant_id = "t1"}},
                         .agents = {},
                         .access_keys = {{.id = made.id,
                                          .secret_hash = made.secret_hash,
                                          .client_id = "sb-shop",
                                          .tenant_id = "t1",
                                          .location = "BERLIN",
                                          .created_at = now,
                                          .expires_at = now + 1h}}};
    auto accounts() const { return Accounts::from(content, 1); }
    auto judge(TimePoint at = now) const {
        return judge_access_key(made.text.reveal(), *accounts(), at);
    }
};

TEST(AccessKey, IsShortAndReadsBack) {
    const auto made = make_access_key();
    EXPECT_EQ(made.text.reveal().size(), 36u);
    const auto read = read_access_key(made.text.reveal());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, made.id);
    EXPECT_TRUE(certs::verify_secret(read->secret.reveal(), made.secret_hash));
    EXPECT_EQ(made.secret_hash.find(read->secret.reveal()), std::string::npos);
    EXPECT_NE(make_access_key().text.reveal(), made.text.reveal());
}

TEST(AccessKey, OtherTextsAreNone) {
    const std::string good(make_access_key().text.reveal());
    for (const auto& text :
         {std::string(), good + "A", good.substr(1), "spk2." + good.substr(5),
          good.substr(0, 13) + "-" + good.substr(14), good.substr(0, 12) + "G" + good.substr(13),
          good.substr(0, 35) + "=", good.substr(0, 34) + "AB"})
        EXPECT_EQ(code_of(read_access_key(text)), Errc::malformed) << text;
}

TEST(AccessKey, TellsWhoAsksAndWhereItLeads) {
    const Site site;
    const auto caller = site.judge();
    ASSERT_TRUE(caller) << to_text(caller.error());
    EXPECT_EQ((*caller)->client_id, "sb-shop");
    EXPECT_EQ((*caller)->tenant_id, "t1");
    EXPECT_EQ((*caller)->location, "BERLIN");
    EXPECT_EQ((*caller)->access_key, site.made.id);
    EXPECT_TRUE(may_go_on(**caller, *site.accounts()));
}

TEST(AccessKey, AWrongSecretIsUnauthorizedWhateverElseIsWrong) {
    Site site;
    const auto other = make_access_key();
    const auto forged =
        "spk1." + site.made.id + std::string(other.text.reveal()).substr(std::size_t{5} + 8);
    EXPECT_EQ(code_of(judge_access_key(forged, *site.accounts(), now)), Errc::unauthorized);
    site.content.access_keys[0].revoked_at = now;
    EXPECT_EQ(code_of(judge_access_key(forged, *site.accounts(), now)), Errc::unauthorized);
    EXPECT_EQ(code_of(judge_access_key(other.text.reveal(), *site.accounts(), now)),
              Errc::unauthorized);
    EXPECT_EQ(code_of(judge_access_key("secret", *site.accounts(), now)), Errc::unauthorized);
}

TEST(AccessKey, EndsWithItsTimeOrWhenSomebodyShutsItOut) {
    Site site;
    EXPECT_TRUE(site.judge(now + 59min));
    EXPECT_EQ(code_of(site.judge(now + 1h)), Errc::denied);
    const auto caller = *site.judge();

    const auto denied = [&](auto change) {
        auto shut = site.content;
        change(shut);
        const auto accounts = Accounts::from(shut, 2);
        return code_of(judge_access_key(site.made.text.reveal(), *accounts, now)) == Errc::denied &&
               code_of(may_go_on(*caller, *accounts)) == Errc::denied;
    };
    EXPECT_TRUE(denied([](auto& c) { c.access_keys[0].revoked_at = now; }));
    EXPECT_TRUE(denied([](auto& c) { c.clients[0].enabled = false; }));
    EXPECT_TRUE(denied([](auto& c) { c.tenants[0].enabled = false; }));
    EXPECT_TRUE(denied([](auto& c) { c.clients.clear(); }));
    EXPECT_TRUE(denied([](auto& c) { c.clients[0].tenant_id = "t2"; }));
}

TEST(AccessKey, LeadsToTheHostsThatItIsForAndWithoutAnyToAll) {
    struct Case {
        std::vector<std::string> hosts;
        std::string authority;
        bool leads;
    };
    const std::vector<Case> cases{
        {{}, "abap.virtual:3300", true},
        {{"abap.virtual"}, "abap.virtual:3300", true},
        {{"abap.virtual"}, "abap.virtual:3301", true},
        {{"abap.virtual"}, "abap.virtual2:3300", false},
        {{"abap.virtual"}, "other.abap.virtual:3300", false},
        {{"abap.virtual"}, "abap:3300", false},
        {{"abap.virtual:3300"}, "abap.virtual:3300", true},
        {{"abap.virtual:3300"}, "abap.virtual:33", false},
        {{"abap.virtual:3300"}, "abap.virtual:33001", false},
        {{"abap.virtual:3300"}, "abap.virtual:3301", false},
        {{"abap.virtual:3300"}, "other.virtual:3300", false},
        {{"a.virtual", "b.virtual:3301"}, "b.virtual:3301", true},
        {{"a.virtual", "b.virtual:3301"}, "b.virtual:3300", false},
        {{"a.virtual", "b.virtual:3301"}, "a.virtual:1", true},
        {{"abap.virtual"}, "", false},
    };
    for (const auto& [hosts, authority, leads] : cases) {
        EXPECT_EQ(leads_to(hosts, authority), leads) << authority;
        Site site;
        site.content.access_keys[0].hosts = hosts;
        const auto caller = site.judge();
        ASSERT_TRUE(caller);
        const auto may = may_open(**caller, authority, *site.accounts());
        EXPECT_EQ(bool(may), leads) << authority;
        if (!may) {
            EXPECT_EQ(may.error().code, Errc::denied);
        }
    }
}

TEST(AccessKey, BindsNobodyWhoCameWithoutOneAndOpensNothingOnceItIsForgotten) {
    Site site;
    site.content.access_keys[0].hosts = {"abap.virtual"};
    const auto caller = *site.judge();
    EXPECT_TRUE(
        may_open({.client_id = "sb-shop", .tenant_id = "t1", .token_id = {}, .expires_at = {}},
                 "x:1", *site.accounts()));
    site.content.access_keys.clear();
    EXPECT_EQ(code_of(may_open(*caller, "abap.virtual:1", *site.accounts())), Errc::denied);
}

TEST(AccessKey, HostsAreKeptAsRoutesNameThem) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"abap.virtual", "abap.virtual"},
        {"ABAP.Virtual", "abap.virtual"},
        {"abap.virtual:3300", "abap.virtual:3300"},
        {"ABAP.virtual:SAPGW01", "abap.virtual:3301"},
        {"abap.virtual:sapgw02s", "abap.virtual:4802"},
    };
    for (const auto& [text, kept] : cases) EXPECT_EQ(*parse_key_host(text), kept);
    for (const char* text : {"", ":", ":3300", "abap.virtual:", "abap.virtual:0", "*", "abap.*",
                             "abap virtual", "abap.virtual:sapdp00", "a,b", "[::1]:3300"})
        EXPECT_EQ(code_of(parse_key_host(text)), Errc::malformed) << text;
}

TEST(AccessKey, HostsAreFewAndNoneTwice) {
    const std::vector<std::string> twice{"a.virtual", "A.virtual", "a.virtual:sapgw00",
                                         "a.virtual:3300"};
    EXPECT_EQ(*parse_key_hosts(twice), (std::vector<std::string>{"a.virtual", "a.virtual:3300"}));
    EXPECT_TRUE(parse_key_hosts({})->empty());
    std::vector<std::string> many;
    for (std::size_t i = 0; i < access_key_hosts_max; ++i) many.push_back("h" + std::to_string(i));
    EXPECT_TRUE(parse_key_hosts(many));
    many.emplace_back("more");
    EXPECT_EQ(code_of(parse_key_hosts(many)), Errc::limit);
}

TEST(AccessKey, WhoseARefusedOneIsIsKnownOnlyWithItsSecret) {
    Site site;
    site.content.access_keys[0].revoked_at = now;
    const auto accounts = site.accounts();
    const auto owner = [&](std::string_view text) {
        const auto caller = judge_access_key(text, *accounts, now);
        EXPECT_FALSE(caller);
        return owner_of_key(text, *accounts, caller.error());
    };
    EXPECT_EQ(owner(site.made.text.reveal()).client_id, "sb-shop");
    EXPECT_EQ(owner(site.made.text.reveal()).tenant_id, "t1");
    const auto forged = "spk1." + site.made.id +
                        std::string(make_access_key().text.reveal()).substr(std::size_t{5} + 8);
    EXPECT_EQ(owner(forged).client_id, "");
    EXPECT_EQ(owner("secret").client_id, "");
}

TEST(WrongKeys, ThoseThatWaitAreLimitedAndAllAreCounted) {
    WrongKeys keys;
    std::deque<WrongKeys::Waiting> waiting;
    for (std::uint32_t i = 0; i < WrongKeys::wrong_keys_max; ++i) {
        EXPECT_FALSE(keys.too_many());
        keys.count();
        waiting.emplace_back(keys);
    }
    EXPECT_TRUE(keys.too_many());
    waiting.pop_back();
    EXPECT_FALSE(keys.too_many());
    EXPECT_EQ(keys.total(), WrongKeys::wrong_keys_max);
}

}  // namespace
}  // namespace sallyport::hub
