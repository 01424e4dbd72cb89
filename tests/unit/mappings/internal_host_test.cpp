#include "tests/unit/mappings/reading.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::mappings {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(InternalHostConfig, ReadsInternalHosts) {
    const std::pair<const char*, const char*> cases[] = {
        {"http://i", "http://i:80"},
        {"https://i", "https://i:443"},
        {"https://i/", "https://i:443"},
        {"https://i.corp:8443/", "https://i.corp:8443"},
        {"http://10.0.0.1:1", "http://10.0.0.1:1"},
        {"https://[fd00::1]", "https://[fd00::1]:443"},
        {"https://[fd00::1]:65535", "https://[fd00::1]:65535"},
        {"tcp://db.corp:5432", "tcp://db.corp:5432"},
        {"tcps://[fd00::1]:5432/", "tcps://[fd00::1]:5432"},
        {"ldap://i", "ldap://i:389"},
        {"ldaps://i", "ldaps://i:636"},
        {"smtp://i", "smtp://i:25"},
        {"smtp://i:587", "smtp://i:587"},
        {"imap://i", "imap://i:143"},
        {"pop3://i", "pop3://i:110"},
    };
    for (const auto& [text, wanted] : cases) {
        const auto reading =
            read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + std::string(text) + "\"\n");
        ASSERT_EQ(reading.problems, "") << text;
        EXPECT_EQ(reading.mappings[0].internal.text(), wanted);
    }
}

TEST(InternalHostConfig, RefusesWhatIsNoInternalHost) {
    for (const char* text :
         {"http://",       "http:///",      "http://i:",      "http://i:0",   "http://i:65536",
          "http://i:8x",   "http://i/path", "http://u@i",     "http://u:p@i", "http://i?x",
          "http://i#x",    "http://i:1:2",  "http://[",       "http://[]",    "http://[::1",
          "http://[::1]x", "http://[name]", "http://fd00::1", "http://a b",   "http://i:80/x",
          "http://i//"})
        EXPECT_EQ(
            read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + std::string(text) + "\"\n")
                .problems,
            "t:3:12: mapping.internal must be http://host[:port], without path, query or user")
            << text;
    for (const char* text : {"", "i", "i:80", "//i", "ftp://i", "HTTP://i", "tcp:i"})
        EXPECT_THAT(
            read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + std::string(text) + "\"\n")
                .problems,
            HasSubstr("t:3:12: mapping.internal must begin with http://, https://, tcp://"))
            << text;
    for (const char* text :
         {"tcp://i", "tcp://i:0", "tcp://i:2-1", "tcp://i:1-", "tcp://i:-1", "tcp://i:1-2-3",
          "tcp://i:1-1001", "tcp://i:65535-65536", "tcp://i:1/x"})
        EXPECT_EQ(read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"" + std::string(text) + "\"\n")
                      .problems,
                  "t:3:12: mapping.internal must be tcp://host:port or tcp://host:first-last, "
                  "without path, "
                  "query or user")
            << text;
}

TEST(InternalHostConfig, ReadsPortsInARow) {
    const auto reading = read(
        "[[mapping]]\nvirtual = \"DB.virtual:6430-6439\"\n"
        "internal = \"tcp://db.corp:5430-5439\"\nlimits.idle_timeout = \"5m\"\n");
    ASSERT_EQ(reading.problems, "");
    EXPECT_THAT(reading.warnings, IsEmpty());
    const auto& mapping = reading.mappings[0];
    EXPECT_EQ(mapping.virtual_text(), "db.virtual:6430-6439");
    EXPECT_EQ(mapping.internal.text(), "tcp://db.corp:5430-5439");
    EXPECT_EQ(mapping.internal.text(5431), "tcp://db.corp:5431");
    EXPECT_EQ(mapping.limits.idle_timeout, 5min);
    EXPECT_TRUE(mapping.is_stream());
    EXPECT_FALSE(mapping.is_tls());
    EXPECT_THAT(read("[[mapping]]\nvirtual = \"v:1-3\"\ninternal = \"tcp://i:1-2\"\n").problems,
                HasSubstr("mapping.virtual has 3 ports, but internal has 2"));
    EXPECT_THAT(read("[[mapping]]\nvirtual = \"v:1-3\"\ninternal = \"http://i\"\n").problems,
                HasSubstr("mapping.virtual has 3 ports, but internal has 1"));
    EXPECT_THAT(read("[[mapping]]\nvirtual = \"v:1-3\"\ninternal = \"tcp://i:1-3\"\n"
                     "[[mapping]]\nvirtual = \"v:3\"\ninternal = \"http://i\"\n")
                    .problems,
                HasSubstr("mapping.virtual is mapped twice: v:3"));
}

}  // namespace
}  // namespace sallyport::mappings
