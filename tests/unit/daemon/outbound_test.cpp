#include "daemon/outbound.hpp"

#include <boost/json/array.hpp>

#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;

TEST(Outbound, GoesToTheProxyFirstAndFromThereOn) {
    std::vector<Outbound> all;
    add_outbound(all, {"hub.test", 443}, {.url = "http://proxy.corp:3128", .credentials = "/c"},
                 {.protocol = "TLS 1.3", .purpose = "links", .where = "[[hub]] url"});
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].from, "this machine");
    EXPECT_EQ(all[0].host, "proxy.corp");
    EXPECT_EQ(all[0].port, 3128);
    EXPECT_EQ(all[1].from, "proxy.corp:3128");
    EXPECT_EQ(all[1].host, "hub.test");
    EXPECT_EQ(all[1].port, 443);
}

TEST(Outbound, IsTextForARequestAndJson) {
    std::vector<Outbound> all;
    add_outbound(all, {"hub.test", 443}, {},
                 {.protocol = "TLS 1.3", .purpose = "links", .where = "[[hub]] url"});
    all[0].last_port = 445;
    all[0].addresses = {"192.0.2.1", "192.0.2.2"};
    const auto text = outbound_text(all, "the agent", "/etc/a.toml");
    EXPECT_THAT(text,
                HasSubstr("this machine  tcp   hub.test  443-445  TLS 1.3   links  [[[hub]]"));
    EXPECT_THAT(text, HasSubstr("now: 192.0.2.1, 192.0.2.2"));
    const auto json = outbound_json(all, "/etc/a.toml");
    const auto& one = json.at("outbound").as_array().at(0).as_object();
    EXPECT_EQ(one.at("host"), "hub.test");
    EXPECT_EQ(one.at("last_port"), 445);
}

TEST(Outbound, IsResolvedIfAskedFor) {
    std::vector<Outbound> all{{.host = "127.0.0.1", .port = 1},
                              {.host = "no-such-host.invalid", .port = 1},
                              {.from = "jump:22", .host = "db.invalid", .port = 1}};
    resolve_all(all);
    EXPECT_THAT(all[0].addresses, testing::ElementsAre("127.0.0.1"));
    EXPECT_FALSE(all[1].unresolved.empty());
    EXPECT_TRUE(all[2].unresolved.empty());  // it is the jump host that resolves this
}

}  // namespace
}  // namespace sallyport::daemon
