#include "agent/config_channel.hpp"

#include "agent/config.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const std::string named_hub = "[[hub]]\nname = \"a\"\nurl = \"https://hub.test\"\n";

std::string channel_problems_of(const std::string& text) {
    const auto config = Config::parse({{"f", named_hub + text}});
    return config ? "" : config.error().detail;
}

std::string channel(const std::string& more) {
    return "[[channel]]\nname = \"hana\"\nlisten = \"127.0.0.1:30015\"\n" + more;
}

TEST(ChannelConfig, ReadsEveryKey) {
    const auto config = Config::parse({{"f", named_hub + R"(
[[hub]]
name = "b"
url = "https://other.test"
[[channel]]
name = "hana"
listen = "0.0.0.0:30015"
allow_remote = true
hub = "b"
connections = 7
idle_timeout = "10m"
)"}});
    ASSERT_TRUE(config) << config.error().detail;
    const ChannelConfig expected{"hana", "0.0.0.0:30015", "b", 7, 10min};
    EXPECT_EQ(config->channels, std::vector{expected});
}

TEST(ChannelConfig, TakesTheOnlyHub) {
    const auto config = Config::parse({{"f", named_hub + channel("")}});
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->channels.at(0).hub, "a");
    EXPECT_EQ(config->channels.at(0).connections, 100u);
}

TEST(ChannelConfig, APortWithoutAuthenticationStaysOnThisMachine) {
    for (const char* address : {"127.0.0.1:1", "localhost:1", "[::1]:1", "127.0.0.1:0"})
        EXPECT_EQ(channel_problems_of("[[channel]]\nname = \"x\"\nlisten = \"" +
                                      std::string(address) + "\"\n"),
                  "");
    for (const char* address : {":1", "0.0.0.0:1", "10.0.0.1:1", "127.example.com:1", "[::]:1"})
        EXPECT_THAT(channel_problems_of("[[channel]]\nname = \"x\"\nlisten = \"" +
                                        std::string(address) + "\"\n"),
                    HasSubstr("allow_remote = true"))
            << address;
}

TEST(ChannelConfig, SaysWhatIsWrong) {
    EXPECT_THAT(channel_problems_of("[[channel]]\nlisten = \"127.0.0.1:1\"\n"),
                HasSubstr("channel.name"));
    EXPECT_THAT(channel_problems_of("[[channel]]\nname = \"a b\"\nlisten = \"127.0.0.1:1\"\n"),
                HasSubstr("channel.name"));
    EXPECT_THAT(channel_problems_of("[[channel]]\nname = \"x\"\n"), HasSubstr("must be host:port"));
    EXPECT_THAT(channel_problems_of(channel("hub = \"c\"\n")), HasSubstr("names no [[hub]]: c"));
    EXPECT_THAT(channel_problems_of(channel("connections = 0\n")),
                HasSubstr("channel.connections"));
    EXPECT_THAT(channel_problems_of(channel("target = \"x:1\"\n")), HasSubstr("target"));
    EXPECT_THAT(channel_problems_of(channel("") + channel("")), HasSubstr("stands twice"));
    EXPECT_THAT(
        channel_problems_of("[[hub]]\nname = \"b\"\nurl = \"https://b.test\"\n" + channel("")),
        HasSubstr("is needed"));
}

}  // namespace
}  // namespace sallyport::agent
