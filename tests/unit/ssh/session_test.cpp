#include "ssh/fault.hpp"
#include "tests/unit/ssh/session_world.hpp"

#include <gmock/gmock.h>

namespace sallyport::ssh {
namespace {

using net::Moved;
using test::SshServer;
using test::SshSession;
using test::Told;
using testing::HasSubstr;
using namespace std::chrono_literals;

TEST_F(SshSession, OpensASubsystemAndBytesGoBothWays) {
    SshServer server;
    const auto session = session_with(server);
    ASSERT_TRUE(session);
    auto channel = open_subsystem(*session, "sftp");
    ASSERT_TRUE(channel) << to_text(channel.error());
    talk_sftp(**channel);
    EXPECT_THAT((*channel)->peer(), HasSubstr("subsystem sftp through "));
    channel->reset();
    EXPECT_TRUE(test::run_until(loop, [&] { return session->channels() == 0; }));
    EXPECT_TRUE(session->usable());
}

TEST_F(SshSession, LogsOnWithEcdsaAndWithAnEncryptedKey) {
    SshServer server;
    server.make_key("ec", "ecdsa", "");
    server.make_key("locked", "ed25519", "open sesame");
    server.write("user.pub", server.read("ec.pub") + server.read("locked.pub"));
    for (const std::string name : {"ec", "locked"}) {
        auto files = server.files();
        files.key = server.file(name);
        if (name == "locked") files.passphrase = server.write("word", "open sesame");
        auto options = server.options();
        const auto loaded = Credentials::load(files);
        ASSERT_TRUE(loaded) << loaded.error().detail;
        options.credentials = *loaded;
        const auto started = start(server, options);
        EXPECT_TRUE(started) << to_text(started.error()) << server.log();
    }
}

TEST_F(SshSession, UsesTheTypeOfHostKeyThatIsKnown) {
    SshServer server;
    server.write("known_hosts", server.known_line("ecdsa") + "\n");
    EXPECT_TRUE(session_with(server));
}

TEST_F(SshSession, RefusesAnUnknownHostKeyAndShowsTheLineToAdd) {
    SshServer server;
    server.write("known_hosts", "");
    const auto started = start(server, server.options());
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Fault::host_key_unknown);
    EXPECT_THAT(started.error().detail, HasSubstr(server.known_line()));
    const auto listed =
        test::run_program({"ssh-keygen", "-lf", server.file("host_ed25519.pub").string()});
    const auto from = listed.find("SHA256:");
    EXPECT_THAT(started.error().detail,
                HasSubstr(listed.substr(from, listed.find(' ', from) - from)));
}

TEST_F(SshSession, RefusesAChangedHostKey) {
    SshServer server;
    server.make_key("before", "ed25519", "");
    server.write("known_hosts", "jump.test " + server.read("before.pub"));
    const auto started = start(server, server.options());
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Fault::host_key_changed);
    EXPECT_THAT(started.error().detail, HasSubstr("Somebody may be in between"));
}

TEST_F(SshSession, IsRefusedWithAKeyThatTheServerDoesNotKnow) {
    SshServer server;
    server.make_key("stranger", "ed25519", "");
    server.write("user.pub", server.read("stranger.pub"));
    const auto started = start(server, server.options());
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Fault::login) << started.error().detail;
}

TEST_F(SshSession, TellsWhatTheServerForbidsFromWhatItCannotReach) {
    SshServer server("PermitOpen 127.0.0.1:1\n");
    const auto session = session_with(server);
    ASSERT_TRUE(session);
    const auto closed = open_direct(*session, "127.0.0.1", 1);
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().code, Fault::target_unreachable) << closed.error().detail;
    const auto forbidden = open_direct(*session, "127.0.0.1", 2);
    ASSERT_FALSE(forbidden);
    EXPECT_EQ(forbidden.error().code, Fault::forbidden) << forbidden.error().detail;
    const auto unknown = open_subsystem(*session, "nonsense");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Fault::forbidden) << unknown.error().detail;
    EXPECT_TRUE(session->usable());
}

TEST_F(SshSession, CutsItsChannelsWhenTheServerDies) {
    SshServer server;
    const auto session = session_with(server);
    ASSERT_TRUE(session);
    auto channel = open_subsystem(*session, "sftp");
    ASSERT_TRUE(channel);
    Told told;
    ASSERT_TRUE((*channel)->attach(loop, told));
    server.kill_last();
    std::array<std::byte, 64> chunk{};
    ASSERT_TRUE(test::run_until(
        loop, [&] { return (*channel)->read(chunk).state == Moved::State::failed; }));
    EXPECT_THAT((*channel)->failure(), HasSubstr("SSH server"));
    EXPECT_GT(told.count, 0);
    EXPECT_FALSE(session->usable());
    const auto another = open_subsystem(*session, "sftp");
    ASSERT_FALSE(another);
    EXPECT_EQ(another.error().code, Fault::unreachable);
}

TEST_F(SshSession, LivesAsLongAsItsLastChannel) {
    SshServer server;
    auto session = session_with(server);
    ASSERT_TRUE(session);
    auto channel = open_subsystem(*session, "sftp");
    ASSERT_TRUE(channel);
    session.reset();
    talk_sftp(**channel);
}

TEST_F(SshSession, AsksASilentServerForASignOfLifeAndStays) {
    SshServer server;
    auto options = server.options();
    options.keepalive = 10ms;
    const auto started = start(server, options);
    ASSERT_TRUE(started);
    const auto& session = *started;
    ASSERT_TRUE(test::run_until(loop, [&] { return session->signs_of_life() >= 3; }));
    EXPECT_EQ(session->channels(), 0U) << "a question is none";
    EXPECT_TRUE(session->usable());
    auto channel = open_subsystem(*session, "sftp");
    ASSERT_TRUE(channel);
    talk_sftp(**channel);
}

TEST_F(SshSession, EndsIfNobodyUsesIt) {
    SshServer server;
    auto options = server.options();
    options.keepalive = 10ms;
    options.idle_timeout = 20ms;
    const auto started = start(server, options);
    ASSERT_TRUE(started);
    EXPECT_TRUE(test::run_until(loop, [&] { return !(*started)->usable(); }));
    EXPECT_EQ((*started)->failure()->code, Errc::closed);
}

}  // namespace
}  // namespace sallyport::ssh
