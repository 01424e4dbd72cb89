#include "agent/direct_connector.hpp"

#include "base/error.hpp"
#include "net/blocking_pool.hpp"
#include "net/listener.hpp"
#include "net/task_group.hpp"
#include "net/tls_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/tls_pair.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;
using Connection = Result<std::unique_ptr<net::Duplex>>;

/// A back end that accepts, and shakes hands if it has a context.
class BackEnd {
public:
    BackEnd(net::Loop& loop, test::TlsContextPtr tls)
        : loop_(loop), tls_(std::move(tls)), tasks_(loop) {
        auto opened = net::ListeningSocket::open("127.0.0.1:0");
        EXPECT_TRUE(opened);
        listener_.emplace(loop, std::move(*opened),
                          [this](FileDescriptor socket) { accepted(std::move(socket)); });
        EXPECT_TRUE(listener_->start());
    }
    std::uint16_t port() const { return listener_->socket().port(); }
    std::vector<std::unique_ptr<net::TlsDuplex>>& connections() { return connections_; }
    std::size_t accepted_count() const { return accepted_; }
    net::TaskGroup& tasks() { return tasks_; }

private:
    void accepted(FileDescriptor socket) {
        ++accepted_;
        auto wire = std::make_unique<net::SocketDuplex>(std::move(socket));
        if (!tls_) return;
        auto tls = net::TlsDuplex::server(tls_, std::move(wire));
        ASSERT_TRUE(tls);
        connections_.push_back(std::move(*tls));
        tasks_.spawn("back end", shake(loop_, *connections_.back()));
    }
    static net::Task<void> shake(net::Loop& loop, net::TlsDuplex& tls) {
        const auto deadline = net::deadline_in(10s);
        (void)co_await tls.handshake(loop, deadline);
    }

    net::Loop& loop_;
    test::TlsContextPtr tls_;
    net::TaskGroup tasks_;
    std::optional<net::Listener> listener_;
    std::vector<std::unique_ptr<net::TlsDuplex>> connections_;
    std::size_t accepted_ = 0;
};

net::Task<void> connect(DirectConnector& connector, const Login* login, Connection& connection) {
    const auto deadline = net::deadline_in(10s);
    connection = co_await connector.connect(login, deadline);
}

class DirectConnectorTest : public ::testing::Test {
protected:
    Connection connect_with(DirectConnector::Options options, const Login* login = nullptr) {
        DirectConnector connector(loop_, pool_, std::move(options));
        return connect_by(connector, login);
    }
    Connection connect_by(DirectConnector& connector, const Login* login = nullptr) {
        Connection connection = Error{Errc::failed, "not run"};
        net::TaskGroup group(loop_);
        group.spawn("connect", connect(connector, login, connection));
        EXPECT_TRUE(test::run_until_done(loop_, group));
        return connection;
    }

    net::Loop loop_;
    net::BlockingPool pool_{1};
    test::TlsWorld world_;
};

TEST_F(DirectConnectorTest, ReachesAPlainBackEnd) {
    const BackEnd back_end(loop_, nullptr);
    const auto connection = connect_with({.targets = {{"127.0.0.1", back_end.port()}}});
    ASSERT_TRUE(connection) << to_text(connection.error());
    EXPECT_EQ((*connection)->peer(), "127.0.0.1:" + std::to_string(back_end.port()));
}

TEST_F(DirectConnectorTest, ChecksTheBackEndsCertificateAgainstTheTrustStoreAndTheName) {
    BackEnd back_end(loop_, world_.hub());
    const auto anchors = world_.pki().anchors();
    const auto trusting = net::TlsContext::back_end_client({.anchors = anchors});
    const auto trusting_nobody = net::TlsContext::back_end_client({});
    ASSERT_TRUE(trusting && trusting_nobody);
    EXPECT_TRUE(connect_with({.targets = {{"localhost", back_end.port()}}, .tls = *trusting}));
    const auto refused =
        connect_with({.targets = {{"localhost", back_end.port()}}, .tls = *trusting_nobody});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::untrusted);
    EXPECT_THAT(refused.error().detail, HasSubstr("localhost:" + std::to_string(back_end.port()) +
                                                  ": the certificate of the back end is refused"));
    test::run_until_done(loop_, back_end.tasks());
}

TEST_F(DirectConnectorTest, ShowsTheCertificateOfThePrincipal) {
    BackEnd back_end(loop_, world_.hub());
    const auto anchors = world_.pki().anchors();
    const auto tls = net::TlsContext::back_end_client({.anchors = anchors});
    ASSERT_TRUE(tls);
    const auto principal = world_.pki().agent("alice");
    const Login login{.certificate = certs::KeyAndChain{principal.key, {principal.certificate}},
                      .fields = {}};
    ASSERT_TRUE(connect_with({.targets = {{"localhost", back_end.port()}}, .tls = *tls}, &login));
    EXPECT_TRUE(test::run_until_done(loop_, back_end.tasks()));
    EXPECT_EQ(back_end.connections().front()->peer_certificate(), principal.certificate);
}

TEST_F(DirectConnectorTest, FailsOverAndStaysWithTheOneThatWorked) {
    std::uint16_t gone = 0;
    {
        const BackEnd stopped(loop_, nullptr);
        gone = stopped.port();
    }
    const BackEnd living(loop_, nullptr);
    DirectConnector connector(loop_, pool_,
                              {.targets = {{"127.0.0.1", gone}, {"127.0.0.1", living.port()}}});
    EXPECT_TRUE(connect_by(connector));
    EXPECT_TRUE(connect_by(connector));
    test::settle(loop_);
    EXPECT_EQ(living.accepted_count(), 2U);
    const auto nobody = connect_with({.targets = {{"127.0.0.1", gone}}});
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace sallyport::agent
