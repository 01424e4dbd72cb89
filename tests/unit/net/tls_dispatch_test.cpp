// Three kinds of peer on one port (docs/PROTOCOL.md#one-port), and what the port never does.
#include "base/error.hpp"
#include "net/tls_policy.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::net {
namespace {

using test::Held;
using test::shake_hands;
using test::TlsWorld;
using ::testing::HasSubstr;

void at_most_tls12(const test::TlsContextPtr& context) {
    SSL_CTX_set_max_proto_version(context->implementation().context.get(), TLS1_2_VERSION);
}

TEST(TlsDispatch, HttpClientsMayUseTls12AndNeedNoCertificate) {
    Loop loop;
    const TlsWorld world;
    for (const auto protocol : {alpn::http, std::string_view()}) {
        const auto client = world.foreign(protocol);
        at_most_tls12(client);
        const auto pair = shake_hands(loop, world.hub(), client);
        ASSERT_TRUE(pair.up()) << to_text(pair.server_done.error());
        EXPECT_EQ(pair.server->version(), "TLSv1.2");
        EXPECT_EQ(pair.server->alpn(), protocol);
        EXPECT_FALSE(pair.server->peer_certificate());
    }
}

TEST(TlsDispatch, Tls12WithoutAeadIsRefused) {
    Loop loop;
    const TlsWorld world;
    const auto client = world.foreign(alpn::http);
    at_most_tls12(client);
    SSL_CTX_set_cipher_list(client->implementation().context.get(), "ECDHE-ECDSA-AES256-SHA384");
    EXPECT_FALSE(shake_hands(loop, world.hub(), client).server_done);
}

TEST(TlsDispatch, LinksAndEnrolmentsAreNeverTls12) {
    Loop loop;
    const TlsWorld world;
    for (const auto protocol : {alpn::link, alpn::enrolment}) {
        const auto client = world.foreign(protocol);
        at_most_tls12(client);
        const auto pair = shake_hands(loop, world.hub(), client);
        EXPECT_FALSE(pair.server_done);
        ASSERT_FALSE(pair.client_done);
        EXPECT_EQ(pair.client_done.error().detail, "the back end does not accept our TLS versions");
    }
}

TEST(TlsDispatch, AnUnknownProtocolIsRefusedByName) {
    Loop loop;
    const TlsWorld world;
    const auto pair = shake_hands(loop, world.hub(), world.agent("h2"));
    EXPECT_FALSE(pair.server_done);
    ASSERT_FALSE(pair.client_done);
    EXPECT_EQ(pair.client_done.error().code, Errc::protocol);
    EXPECT_EQ(pair.client_done.error().detail, "the hub does not speak the protocol h2");
}

TEST(TlsDispatch, AServerThatIgnoresAlpnIsNoHub) {
    Loop loop;
    const TlsWorld world;
    const auto shown = world.pki().hub();
    const std::vector<certs::Certificate> chain{shown.certificate};
    const auto server =
        TlsContext::plain_server({.own = {.chain = chain, .key = &shown.key}, .alpn = {}});
    ASSERT_TRUE(server);
    const auto pair = shake_hands(loop, *server, world.client_without_certificate(alpn::enrolment));
    ASSERT_FALSE(pair.client_done);
    EXPECT_THAT(pair.client_done.error().detail, HasSubstr("is the address right?"));
}

TEST(TlsDispatch, AnHttpClientGetsTheCertificateOfTheNameItAsksFor) {
    Loop loop;
    const TlsWorld world;
    const Held api = world.pki().issue(world.pki().hub_content({"*.auth.hub.test"}));
    const std::vector<certs::Certificate> chain{api.certificate};
    HubServerOptions options;
    options.named.push_back({{"*.auth.hub.test"}, {.chain = chain, .key = &api.key}});
    const auto hub = world.hub(options);
    const auto named = shake_hands(loop, hub, world.foreign(alpn::http), "acme.auth.hub.test");
    ASSERT_TRUE(named.up());
    EXPECT_EQ(named.client->peer_certificate(), api.certificate);
    const auto other = shake_hands(loop, hub, world.foreign(alpn::http), "hub.test");
    ASSERT_TRUE(other.up());
    EXPECT_NE(other.client->peer_certificate(), api.certificate);
    // A link gets the hub's own, whatever name it asks for.
    EXPECT_FALSE(shake_hands(loop, hub, world.agent(), "acme.auth.hub.test").client_done);
}

TEST(TlsDispatch, AnHttpClientWithABadCertificateIsRefused) {
    Loop loop;
    const TlsWorld world;
    const test::TestPki other("another CA");
    EXPECT_FALSE(
        shake_hands(loop, world.hub(), world.agent(other.agent(), alpn::http)).server_done);
    EXPECT_TRUE(shake_hands(loop, world.hub(), world.agent(alpn::http)).up());
}

TEST(TlsDispatch, NothingIsIssuedThatCouldResumeASession) {
    static int resumable = 0;
    static int sessions = 0;
    const auto count = [](SSL*, SSL_SESSION* session) {
        ++sessions;
        if (SSL_SESSION_is_resumable(session) != 0) ++resumable;
        return 0;
    };
    Loop loop;
    const TlsWorld world;
    for (const bool old : {false, true}) {
        const auto client = world.foreign(alpn::http);
        auto* context = client->implementation().context.get();
        if (old) at_most_tls12(client);
        SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT);
        SSL_CTX_sess_set_new_cb(context, count);
        const auto pair = shake_hands(loop, world.hub(), client);
        ASSERT_TRUE(pair.up());
        std::array<std::byte, 10> buffer;
        EXPECT_EQ(pair.client->read(buffer).state, Moved::State::would_block);
    }
    EXPECT_EQ(resumable, 0) << sessions << " sessions";
}

TEST(ChooseKind, ReadsTheListOfProtocols) {
    const auto kind = [](std::string_view list) {
        const std::string extension =
            std::string{static_cast<char>(list.size() / 256), static_cast<char>(list.size())} +
            std::string(list);
        return choose_kind(as_bytes(extension));
    };
    EXPECT_EQ(*kind("\3rh2"), TlsKind::link);
    EXPECT_EQ(*kind("\15sallyport-est"), TlsKind::enrolment);
    EXPECT_EQ(*kind("\2h2\10http/1.1"), TlsKind::http);
    EXPECT_EQ(*kind("\10http/1.1\3rh2"), TlsKind::link);
    EXPECT_EQ(kind("\2h2").error().code, Errc::unsupported);
    EXPECT_EQ(kind("\3RH2").error().code, Errc::unsupported);
    EXPECT_EQ(kind("").error().code, Errc::unsupported);
    using namespace std::string_view_literals;
    EXPECT_EQ(kind("\0"sv).error().code, Errc::malformed);
    EXPECT_EQ(kind("\4rh2").error().code, Errc::malformed);
    EXPECT_EQ(choose_kind(as_bytes("\0"sv)).error().code, Errc::malformed);
    EXPECT_EQ(choose_kind(as_bytes("\0\5\3rh2"sv)).error().code, Errc::malformed);
}

TEST(NameMatches, AStarStandsForExactlyOneLabel) {
    EXPECT_TRUE(name_matches("a.test", "A.Test"));
    EXPECT_TRUE(name_matches("*.a.test", "x.A.test"));
    EXPECT_FALSE(name_matches("*.a.test", "a.test"));
    EXPECT_FALSE(name_matches("*.a.test", "x.y.a.test"));
    EXPECT_FALSE(name_matches("*.a.test", ".a.test"));
    EXPECT_FALSE(name_matches("*", "a"));
}

}  // namespace
}  // namespace sallyport::net
