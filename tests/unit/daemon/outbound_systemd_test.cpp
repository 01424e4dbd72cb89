#include "daemon/outbound_systemd.hpp"

#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

TEST(OutboundSystemd, NamesEachAddressThatThisMachineDialsOnce) {
    const std::vector<Outbound> all{
        {.host = "hub.test",
         .port = 443,
         .purpose = "links",
         .where = "[[hub]] prod url",
         .addresses = {"192.0.2.1", "[2001:db8::1]"}},
        {.host = "erp.corp",
         .purpose = "exchanges",
         .where = "[[mapping]]",
         .addresses = {"192.0.2.1"}},
        {.host = "localhost",
         .purpose = "exchanges",
         .where = "[[mapping]]",
         .addresses = {"127.0.0.1", "[::1]"}},
        {.from = "jump:22", .host = "db.invalid", .purpose = "exchanges", .where = "[[mapping]]"},
        {.host = "gone.corp",
         .purpose = "tokens",
         .where = "token_url",
         .unresolved = "no such name"}};
    EXPECT_THAT(systemd_drop_in(all, {"127.0.0.53", "10.0.0.53"}, "sallyport"),
                testing::EndsWith("[Service]\n"
                                  "IPAddressDeny=any\n"
                                  "IPAddressAllow=localhost\n"
                                  "# DNS: /etc/resolv.conf\n"
                                  "IPAddressAllow=10.0.0.53\n"
                                  "# links: hub.test  [[[hub]] prod url]\n"
                                  "IPAddressAllow=192.0.2.1\n"
                                  "IPAddressAllow=2001:db8::1\n"
                                  "# NOT RESOLVED, so it will not be reached: tokens: gone.corp  "
                                  "[token_url]: no such name\n"));
}

TEST(OutboundSystemd, NameserversAreThoseThatTheResolverAsks) {
    EXPECT_THAT(nameservers_in("# nameserver 1.1.1.1\nsearch corp\nnameserver 10.0.0.53\n"
                               "nameserver\t2001:db8::53 # the other\nnameserver fe80::1%eth0\n"
                               "nameservers 1.2.3.4\nnameserver\nnameserver 10.0.0.54"),
                testing::ElementsAre("10.0.0.53", "2001:db8::53", "fe80::1", "10.0.0.54"));
    EXPECT_TRUE(nameservers_in("").empty());
}

}  // namespace
}  // namespace sallyport::daemon
