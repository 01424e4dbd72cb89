#include "ssh/credentials.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/unit/ssh/ssh_server.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sallyport::ssh {
namespace {

using test::SshServer;
using testing::HasSubstr;

std::string why_not(const Credentials::Files& files) {
    const auto loaded = Credentials::load(files);
    return loaded ? "loaded" : loaded.error().detail;
}

TEST(SshCredentials, AreReadFromAKeyOfEd25519OrEcdsa) {
    SshServer server;
    for (const std::string type : {"ed25519", "ecdsa"}) {
        server.make_key("key_" + type, type, "");
        auto files = server.files();
        files.key = server.file("key_" + type);
        EXPECT_EQ(why_not(files), "loaded");
    }
}

TEST(SshCredentials, RefuseAnRsaKeyAndSayWhy) {
    SshServer server;
    server.make_key("rsa", "rsa", "");
    auto files = server.files();
    files.key = server.file("rsa");
    EXPECT_THAT(why_not(files), HasSubstr("RSA key, for which libssh2 1.10 knows only"));
    test::run_program({"ssh-keygen", "-q", "-p", "-m", "PEM", "-N", "", "-f", files.key.string()});
    EXPECT_THAT(why_not(files), HasSubstr("RSA key, for which libssh2 1.10 knows only"));
}

TEST(SshCredentials, SayHowToRewriteAKeyOfAnotherFormat) {
    SshServer server;
    server.make_key("pem", "ecdsa", "");
    auto files = server.files();
    files.key = server.file("pem");
    test::run_program(
        {"ssh-keygen", "-q", "-p", "-m", "PKCS8", "-N", "", "-f", files.key.string()});
    EXPECT_THAT(why_not(files), HasSubstr("ssh-keygen -p -f FILE"));
}

TEST(SshCredentials, RefuseFilesThatOthersMayRead) {
    SshServer server;
    ASSERT_EQ(::chmod(server.file("user").c_str(), 0644), 0);
    EXPECT_THAT(why_not(server.files()), HasSubstr("chmod o="));
}

TEST(SshCredentials, DecryptAKeyWithThePassphraseOfAFile) {
    SshServer server;
    server.make_key("locked", "ed25519", "open sesame");
    auto files = server.files();
    files.key = server.file("locked");
    EXPECT_THAT(why_not(files), HasSubstr("name a passphrase_file"));
    files.passphrase = server.write("word", "open sesame\n");
    EXPECT_EQ(why_not(files), "loaded");
    files.passphrase = server.write("word", "close sesame\n");
    EXPECT_THAT(why_not(files), HasSubstr("cannot be decrypted with the passphrase"));
    files.key = server.file("user");
    EXPECT_THAT(why_not(files), HasSubstr("leave passphrase_file out"));
}

TEST(SshCredentials, NeedKnownHosts) {
    SshServer server;
    auto files = server.files();
    files.known_hosts = server.file("none");
    EXPECT_THAT(why_not(files), HasSubstr("ssh-keyscan HOST"));
    files.known_hosts = server.write("odd", server.known_line() + "\njump.test ssh-ed25519\n");
    EXPECT_THAT(why_not(files), HasSubstr("odd:2: must be: name"));
}

TEST(SshCredentials, AreTheSameIfTheirFilesHoldTheSame) {
    SshServer server;
    const auto one = Credentials::load(server.files());
    const auto two = Credentials::load(server.files());
    ASSERT_TRUE(one && two);
    EXPECT_TRUE((*one)->same(**two));
    server.write("known_hosts", server.known_line("ecdsa") + "\n");
    const auto three = Credentials::load(server.files());
    ASSERT_TRUE(three);
    EXPECT_FALSE((*one)->same(**three));
}

TEST(SshKeyFacts, SurviveEveryCutOfAKey) {
    SshServer server;
    const auto key = server.read("user");
    ASSERT_TRUE(key_facts(key));
    EXPECT_EQ(key_facts(key)->type, "ssh-ed25519");
    for (std::size_t size = 0; size + 60 < key.size(); ++size)
        EXPECT_FALSE(key_facts(key.substr(0, size) + "\n-----END OPENSSH PRIVATE KEY-----\n") &&
                     size < 120);
}

}  // namespace
}  // namespace sallyport::ssh
