#include "ssh/known_hosts.hpp"

#include "base/error.hpp"
#include "tests/unit/ssh/ssh_server.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::ssh {
namespace {

using testing::HasSubstr;

/// A key whose bytes are only of that type.
Bytes key_of(const std::string& type, char filling) {
    std::string key;
    for (const int shift : {24, 16, 8, 0}) key.push_back(static_cast<char>(type.size() >> shift));
    key += type;
    key += std::string("\0\0\0\x20", 4) + std::string(32, filling);
    const auto bytes = as_bytes(key);
    return {bytes.begin(), bytes.end()};
}

const std::string ed25519 = "ssh-ed25519";
const Bytes one = key_of(ed25519, 'a');
const Bytes other = key_of(ed25519, 'b');

TEST(KnownHosts, ReadLinesOfOtherSystemsAndNamesInCapitals) {
    const auto line = known_hosts_line("jump.corp", 22, one);
    const auto text = line + "\r\nJump2.CORP,10.0.0.2" + line.substr(line.find(' ')) + "\r\n";
    ASSERT_TRUE(check_known_hosts(text, "known_hosts"));
    EXPECT_EQ(judge_host_key(text, "jump.corp", 22, one), Verdict::known);
    EXPECT_EQ(judge_host_key(text, "jump2.corp", 22, one), Verdict::known);
    EXPECT_EQ(judge_host_key(text, "10.0.0.2", 22, one), Verdict::known);
}

TEST(KnownHosts, MayNotHaveNamesThatWouldNotBeFound) {
    for (const std::string names : {"gw", "jump.corp,gw", "g,jump.corp"}) {
        const auto line = known_hosts_line("jump.corp", 22, one);
        const auto checked = check_known_hosts(names + line.substr(line.find(' ')), "known_hosts");
        ASSERT_FALSE(checked) << names;
        EXPECT_THAT(checked.error().detail, HasSubstr("one or two characters"));
    }
}

TEST(KnownHosts, KnowAKeyByNameAndPort) {
    const auto text = known_hosts_line("jump.corp", 22, one) + "\n# a comment\n\n" +
                      known_hosts_line("jump.corp", 2222, other) + "\n";
    ASSERT_TRUE(check_known_hosts(text, "known_hosts"));
    EXPECT_EQ(judge_host_key(text, "jump.corp", 22, one), Verdict::known);
    EXPECT_EQ(judge_host_key(text, "JUMP.corp", 22, one), Verdict::known);
    EXPECT_EQ(judge_host_key(text, "jump.corp", 2222, other), Verdict::known);
    EXPECT_EQ(judge_host_key(text, "jump.corp", 22, other), Verdict::changed);
    EXPECT_EQ(judge_host_key(text, "jump.corp", 2222, one), Verdict::changed);
    EXPECT_EQ(judge_host_key(text, "jump.corp", 23, one), Verdict::unknown);
    EXPECT_EQ(judge_host_key(text, "other.corp", 22, one), Verdict::unknown);
}

TEST(KnownHosts, TakeNoKeyForAnotherPortThanItStandsFor) {
    const auto text = known_hosts_line("jump.corp", 22, one) + "\n";
    EXPECT_EQ(judge_host_key(text, "jump.corp", 2222, one), Verdict::unknown);
}

TEST(KnownHosts, KnowSeveralNamesAndKeysOfALine) {
    const auto text = "10.0.0.1," + known_hosts_line("jump.corp", 22, one) + "\n" +
                      known_hosts_line("jump.corp", 22, other) + "\n";
    EXPECT_EQ(judge_host_key(text, "10.0.0.1", 22, one), Verdict::known);
    EXPECT_EQ(judge_host_key(text, "jump.corp", 22, other), Verdict::known);
}

TEST(KnownHosts, KnowHashedNames) {
    test::SshServer server;
    const auto file = server.write("hashed", server.known_line() + "\n");
    test::run_program({"ssh-keygen", "-q", "-H", "-f", file.string()});
    const auto text = server.read("hashed");
    ASSERT_TRUE(text.starts_with("|1|"));
    ASSERT_TRUE(check_known_hosts(text, "hashed"));
    const auto line = server.known_line();
    const auto key = from_base64(line.substr(line.rfind(' ') + 1));
    ASSERT_TRUE(key);
    EXPECT_EQ(judge_host_key(text, "jump.test", 22, *key), Verdict::known);
    EXPECT_EQ(judge_host_key(text, "jump.tesu", 22, *key), Verdict::unknown);
    EXPECT_EQ(judge_host_key(text, "jump.test", 22, one), Verdict::changed);
}

TEST(KnownHosts, RefuseWhatIsRevoked) {
    const auto line = known_hosts_line("jump.corp", 22, one);
    const auto text = line + "\n@revoked *" + line.substr(line.find(' ')) + "\n";
    ASSERT_TRUE(check_known_hosts(text, "known_hosts"));
    EXPECT_EQ(judge_host_key(text, "jump.corp", 22, one), Verdict::revoked);
}

TEST(KnownHosts, LetNoAuthorityVouch) {
    const auto text = "@cert-authority " + known_hosts_line("jump.corp", 22, one) + "\n";
    ASSERT_TRUE(check_known_hosts(text, "known_hosts"));
    EXPECT_EQ(judge_host_key(text, "jump.corp", 22, one), Verdict::unknown);
}

TEST(KnownHosts, AskForTheTypesOfKeysThatAreKnown) {
    const auto ecdsa = key_of("ecdsa-sha2-nistp256", 'c');
    const auto text = known_hosts_line("jump.corp", 22, ecdsa) + "\n";
    EXPECT_EQ(host_key_types(text, "jump.corp", 22), "ecdsa-sha2-nistp256");
    EXPECT_EQ(host_key_types("", "jump.corp", 22),
              "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521");
}

TEST(KnownHosts, RefuseLinesThatSayNothing) {
    const auto key = known_hosts_line("jump.corp", 22, one);
    for (const auto& [line, why] :
         {std::pair<std::string, std::string>{"*.corp" + key.substr(key.find(' ')), "patterns"},
          {"jump.corp", "must be: name"},
          {"jump.corp ssh-ed25519 !!!", "must be: name"},
          {"|1|c2FsdA==|c2hvcnQ=" + key.substr(key.find(' ')), "hashed name is damaged"},
          {"@strange " + key, "unknown marker"}}) {
        const auto checked = check_known_hosts(key + "\n" + line + "\n", "file");
        ASSERT_FALSE(checked) << line;
        EXPECT_THAT(checked.error().detail, HasSubstr("file:2: "));
        EXPECT_THAT(checked.error().detail, HasSubstr(why));
    }
}

}  // namespace
}  // namespace sallyport::ssh
