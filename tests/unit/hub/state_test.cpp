#include "hub/state.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "hub/store.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

mode_t mode_of(const std::filesystem::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

class StateTest : public testing::Test {
protected:
    std::filesystem::path folder() const { return temporary_.path() / "state"; }
    test::TemporaryFolder temporary_;
};

TEST_F(StateTest, IsReadBackAsItWasMade) {
    const auto made = create_state(folder(), "hub.example.com", now);
    ASSERT_TRUE(made) << to_text(made.error());
    const auto read = load_state(folder());
    ASSERT_TRUE(read) << to_text(read.error());
    EXPECT_EQ(read->authority.certificate(), made->authority.certificate());
    EXPECT_EQ(read->chain, made->chain);
    EXPECT_EQ(read->key.public_key(), made->chain.front().public_key());
    EXPECT_EQ(read->signing_key.key_id(), made->signing_key.key_id());
    EXPECT_TRUE(Store::open(read->database()));

    const auto& shown = read->chain.front();
    EXPECT_EQ(shown.dns_names(), std::vector<std::string>{"hub.example.com"});
    EXPECT_FALSE(shown.matches_host("localhost"));
    EXPECT_TRUE(certs::check_chain(shown, {}, {&read->authority.certificate(), 1}, {.at = now}));
}

TEST_F(StateTest, KeysAreForTheOwnerOnly) {
    ASSERT_TRUE(create_state(folder(), "hub.example.com", now));
    EXPECT_EQ(mode_of(folder()), 0700u);
    for (const char* name : {"ca.key", "hub.key", "token.pem", "hub.db"})
        EXPECT_EQ(mode_of(folder() / name), 0600u) << name;
    ASSERT_EQ(::chmod((folder() / "ca.key").c_str(), 0640), 0);
    const auto read = load_state(folder());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::denied);
    EXPECT_NE(read.error().detail.find("chmod go="), std::string::npos);
}

TEST_F(StateTest, IsNeverOverwritten) {
    for (const char* name : {"ca.pem", "ca.key", "hub.pem", "hub.key", "token.pem", "hub.db"}) {
        const test::TemporaryFolder other;
        ASSERT_TRUE(replace_file(other.path() / name, "precious", 0600));
        const auto made = create_state(other.path(), "hub.example.com", now);
        ASSERT_FALSE(made) << name;
        EXPECT_EQ(made.error().code, Errc::conflict);
        EXPECT_EQ(*read_file(other.path() / name), "precious");
    }
}

TEST_F(StateTest, LocalNamesStandInTheCertificateOnlyOfALocalHub) {
    const auto local = create_state(folder(), "localhost", now);
    ASSERT_TRUE(local);
    EXPECT_TRUE(local->chain.front().matches_host("localhost"));
    EXPECT_TRUE(local->chain.front().matches_host("127.0.0.1"));
    EXPECT_TRUE(local->chain.front().matches_host("::1"));
}

TEST_F(StateTest, AHubMayHaveALongName) {
    const auto name = std::string(60, 'a') + '.' + std::string(60, 'b') + ".example.com";
    const auto made = create_state(folder(), name, now);
    ASSERT_TRUE(made) << to_text(made.error());
    EXPECT_TRUE(made->chain.front().matches_host(name));
}

TEST_F(StateTest, AMissingHubSaysWhatToDo) {
    const auto read = load_state(folder());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::not_found);
    EXPECT_NE(read.error().detail.find("sallyport-hub init"), std::string::npos);
}

TEST_F(StateTest, TheHubRenewsItsCertificateInTime) {
    auto state = create_state(folder(), "hub.example.com", now);
    ASSERT_TRUE(state);
    const auto first = state->chain.front();
    EXPECT_FALSE(*renew_hub_certificate(*state, "hub.example.com", now));
    const auto later = now + hub_certificate_lifetime - hub_certificate_renewal + 1h;
    EXPECT_TRUE(*renew_hub_certificate(*state, "hub.example.com", later));
    EXPECT_NE(state->chain.front(), first);
    EXPECT_EQ(load_state(folder())->chain, state->chain);
    EXPECT_TRUE(certs::check_chain(state->chain.front(), {}, {&state->authority.certificate(), 1},
                                   {.at = later}));
}

TEST_F(StateTest, ARenamedHubAndAnInterruptedRenewalGetANewCertificate) {
    auto state = create_state(folder(), "hub.example.com", now);
    ASSERT_TRUE(state);
    EXPECT_TRUE(*renew_hub_certificate(*state, "new.example.com", now));
    EXPECT_TRUE(state->chain.front().matches_host("new.example.com"));

    const auto stray = *certs::Key::generate(certs::KeyKind::p256);
    ASSERT_TRUE(replace_file(folder() / "hub.key", stray.to_pem()->reveal(), 0600));
    auto cut_off = load_state(folder());
    ASSERT_TRUE(cut_off);
    EXPECT_TRUE(*renew_hub_certificate(*cut_off, "new.example.com", now));
    EXPECT_EQ(cut_off->key.public_key(), cut_off->chain.front().public_key());
}

}  // namespace
}  // namespace sallyport::hub
