#include "hub/access_key.hpp"

#include "base/error.hpp"
#include "certs/secret_hash.hpp"
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
