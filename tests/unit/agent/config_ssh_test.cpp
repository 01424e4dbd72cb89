#include "agent/config_ssh.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

const std::string files = "key_file = \"/k\"\nknown_hosts_file = \"/n\"\n";

struct Read {
    std::vector<SshConfig> all;
    std::string problems;
};

Read read(const std::string& text) {
    ConfigProblems problems;
    auto document = read_config(text, "t", problems);
    auto all = read_ssh(document);
    document.done();
    return {std::move(all), problems.text()};
}

TEST(SshConfig, OfOneServerComesBeforeTheOneForAll) {
    const auto [all, problems] =
        read("[[ssh]]\n" + files + "[[ssh]]\nhost = \"Jump.corp\"\n" + files +
             "[[ssh]]\nhost = \"jump.corp:2222\"\n" + files + "passphrase_file = \"/p\"\n");
    EXPECT_EQ(problems, "");
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(find_ssh(all, "jump.corp", 22), &all[1]);
    EXPECT_EQ(find_ssh(all, "jump.corp", 2222), &all[2]);
    EXPECT_EQ(find_ssh(all, "other.corp", 22), &all[0]);
    EXPECT_EQ(all[2].files.passphrase, "/p");
}

TEST(SshConfig, OfNoServerMeansNoWay) {
    const auto [all, problems] = read("[[ssh]]\nhost = \"jump.corp\"\n" + files);
    EXPECT_EQ(problems, "");
    EXPECT_EQ(find_ssh(all, "other.corp", 22), nullptr);
}

TEST(SshConfig, NeedsItsFilesAndEachServerOnce) {
    EXPECT_EQ(read("[[ssh]]\nhost = \"a b\"\nknown_hosts_file = \"/n\"\n").problems,
              "t:2:8: ssh.host must be host[:port], e.g. \"jump.corp:22\"\n"
              "t:1:1: ssh.key_file is needed");
    EXPECT_EQ(
        read("[[ssh]]\nhost = \"a\"\n" + files + "[[ssh]]\nhost = \"A:22\"\n" + files).problems,
        "t:6:8: ssh.host stands twice: one [[ssh]] for each server");
}

}  // namespace
}  // namespace sallyport::agent
