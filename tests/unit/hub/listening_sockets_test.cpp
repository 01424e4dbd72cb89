#include "hub/listening_sockets.hpp"

#include "base/error.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace sallyport::hub {
namespace {

/// As systemd would pass it.
std::vector<net::PassedSocket> passed(const std::string& address) {
    const auto socket = net::ListeningSocket::open(address);
    EXPECT_TRUE(socket) << address;
    std::vector<net::PassedSocket> sockets;
    sockets.push_back({"proxy", FileDescriptor(::dup(socket->native_handle()))});
    return sockets;
}

TEST(ListeningSockets, KnowsWhatOnlyThisMachineReaches) {
    for (const char* host : {"localhost", "::1", "127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1"})
        EXPECT_TRUE(is_loopback({host, 1})) << host;
    for (const char* host : {"", "::", "0.0.0.0", "10.0.0.1", "127.example.com", "::ffff:10.0.0.1"})
        EXPECT_FALSE(is_loopback({host, 1})) << host;
}

TEST(ListeningSockets, APassedSocketWinsOverTheConfiguredAddress) {
    auto sockets = passed("127.0.0.1:0");
    const auto socket =
        take_or_open_plain(sockets, "proxy", "nothing.invalid:1", Plaintext::refused);
    ASSERT_TRUE(socket) << to_text(socket.error());
    EXPECT_TRUE(socket->local_address().starts_with("127.0.0.1:"));
}

TEST(ListeningSockets, TokensDoNotPassInClearTextOnAPublicSocketWhoeverOpenedIt) {
    for (const char* address : {":0", "0.0.0.0:0"}) {
        auto sockets = passed(address);
        const auto refused =
            take_or_open_plain(sockets, "proxy", "127.0.0.1:0", Plaintext::refused);
        ASSERT_FALSE(refused) << address;
        EXPECT_EQ(refused.error().code, Errc::denied);
        EXPECT_NE(refused.error().detail.find("allow_plaintext"), std::string::npos);
        auto again = passed(address);
        EXPECT_TRUE(take_or_open_plain(again, "proxy", "127.0.0.1:0", Plaintext::allowed))
            << address;
    }
}

TEST(ListeningSockets, AUnixSocketIsLocal) {
    const test::TemporaryFolder folder;
    auto sockets = passed((folder.path() / "proxy.sock").string());
    EXPECT_TRUE(take_or_open_plain(sockets, "proxy", "127.0.0.1:0", Plaintext::refused));
}

}  // namespace
}  // namespace sallyport::hub
