#include "agent/channels.hpp"

#include "audit/log.hpp"
#include "base/bytes.hpp"
#include "tests/loop/tunnel_caller.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

/// A program near the agent.
class Local {
public:
    explicit Local(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(
            ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            0);
    }
    void say(std::string_view text) {
        EXPECT_EQ(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
    }
    void end() { ::shutdown(socket_.get(), SHUT_WR); }
    /// What has arrived so far.
    const std::string& heard() {
        std::array<char, 256> piece{};
        ssize_t got = 0;
        while ((got = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT)) > 0)
            heard_.append(piece.data(), static_cast<std::size_t>(got));
        ended_ = ended_ || got == 0;
        reset_ = reset_ || (got < 0 && errno == ECONNRESET);
        return heard_;
    }
    bool ended() { return heard(), ended_; }
    bool was_reset() { return heard(), reset_; }

private:
    FileDescriptor socket_;
    std::string heard_;
    bool ended_ = false;
    bool reset_ = false;
};

class ChannelsTest : public testing::Test {
protected:
    ChannelsTest() { open(20s); }
    ~ChannelsTest() override { close(); }

    void open(std::chrono::milliseconds open_time) {
        channels_ = std::make_unique<Channels>(
            loop_, sweep_, gate_, "prod", "",
            [this](const tunnel::Open& open) {
                asked_.push_back(open);
                return link_is_up_;
            },
            open_time);
        auto socket = net::ListeningSocket::open("127.0.0.1:0");
        ASSERT_TRUE(socket);
        port_ = socket->port();
        channels_->listen({.name = "hana", .listen = {}, .hub = "prod", .connections = 2},
                          std::move(*socket));
        channels_->start();
    }
    void close() {
        calling_.cancel();
        EXPECT_TRUE(test::run_until_done(loop_, calling_));
        net::TaskGroup stopping(loop_);
        stopping.spawn("stop", channels_->stop());
        EXPECT_TRUE(test::run_until_done(loop_, stopping));
    }
    bool is_asked(std::size_t times) {
        return test::run_until(loop_, [&] { return asked_.size() == times; });
    }
    /// The hub opens a stream.
    test::Caller& open_stream(std::string_view nonce) {
        test::Ask ask;
        ask.method = "CONNECT";
        ask.target = "/" + std::string(nonce);
        ask.authority = "agent";
        ask.open_end = true;
        auto& made = *callers_.emplace_back(std::make_unique<test::Caller>(loop_, std::move(ask)));
        made.start_on(*channels_, calling_);
        return made;
    }
    int status_of_stream(std::string_view nonce) {
        auto& caller = open_stream(nonce);
        EXPECT_TRUE(test::run_until(loop_, [&] { return caller.status() != 0; }));
        return caller.status();
    }
    bool loses(Local& local) {
        return test::run_until(loop_, [&] { return local.was_reset(); });
    }
    Channels::Status status() const {
        std::vector<Channels::Status> all;
        channels_->tell(all);
        return all.at(0);
    }
    std::string records() {
        std::string text;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "audit"))
            if (entry.path().extension() == ".jsonl") text += *read_file(entry.path());
        return text;
    }

    test::TemporaryFolder folder_;
    net::Loop loop_;
    net::IdleSweep sweep_{loop_};
    std::unique_ptr<audit::Log> log_ = *audit::Log::open({.folder = folder_.path() / "audit"});
    AuditGate gate_{loop_, *log_};
    std::vector<tunnel::Open> asked_;
    bool link_is_up_ = true;
    std::uint16_t port_ = 0;
    std::unique_ptr<Channels> channels_;
    std::vector<std::unique_ptr<test::Caller>> callers_;
    net::TaskGroup calling_{loop_};
};

TEST_F(ChannelsTest, AskTheHubAndCarryBytesBothWays) {
    Local local(port_);
    ASSERT_TRUE(is_asked(1));
    EXPECT_EQ(asked_[0].channel, "hana");
    EXPECT_EQ(asked_[0].nonce.size(), 32u);
    EXPECT_NE(records().find("exchange.begin"), std::string::npos);
    auto& stream = open_stream(asked_[0].nonce);
    ASSERT_TRUE(test::run_until(loop_, [&] { return stream.status() == 200; }));
    local.say("select");
    ASSERT_TRUE(test::run_until(loop_, [&] { return stream.answer() == "select"; }));
    local.end();
    ASSERT_TRUE(test::run_until(loop_, [&] { return stream.finished(); }));
    stream.say("rows");
    stream.end();
    ASSERT_TRUE(test::run_until(loop_, [&] { return local.ended(); }));
    EXPECT_EQ(local.heard(), "rows");
    ASSERT_TRUE(test::run_until(loop_, [&] { return stream.over(); }));
    EXPECT_TRUE(stream.good()) << stream.trouble();
    EXPECT_EQ(status().opened, 1u);
    EXPECT_EQ(status().connections, 0u);
    EXPECT_NE(records().find(R"("outcome":"answered")"), std::string::npos);
}

TEST_F(ChannelsTest, RefuseStreamsThatNobodyHasAskedFor) {
    EXPECT_EQ(status_of_stream("00000000000000000000000000000000"), 403);
    EXPECT_EQ(status_of_stream(""), 403);
    Local local(port_);
    ASSERT_TRUE(is_asked(1));
    auto almost = asked_[0].nonce;
    almost.back() = almost.back() == '0' ? '1' : '0';
    EXPECT_EQ(status_of_stream(almost), 403);
    EXPECT_EQ(status_of_stream(asked_[0].nonce), 200);
    EXPECT_EQ(status_of_stream(asked_[0].nonce), 403);  // good once
    EXPECT_EQ(status().connections, 1u);
}

TEST_F(ChannelsTest, EndAConnectionThatTheHubRefuses) {
    Local local(port_);
    ASSERT_TRUE(is_asked(1));
    channels_->refused({"another", "limit"});
    channels_->refused({asked_[0].nonce, "not_granted"});
    ASSERT_TRUE(loses(local));
    EXPECT_EQ(status().last_error, "not_granted");
    EXPECT_EQ(status().failed, 1u);
    EXPECT_EQ(status_of_stream(asked_[0].nonce), 403);
    EXPECT_NE(records().find("not_granted"), std::string::npos);
}

TEST_F(ChannelsTest, EndAConnectionWhenNoLinkIsUp) {
    link_is_up_ = false;
    Local local(port_);
    ASSERT_TRUE(loses(local));
    EXPECT_EQ(status().last_error, "no_link");
}

TEST_F(ChannelsTest, ANonceThatTheHubDoesNotUseExpires) {
    close();
    open(20ms);
    Local local(port_);
    ASSERT_TRUE(loses(local));
    EXPECT_EQ(status().last_error, "hub_timed_out");
    EXPECT_EQ(status_of_stream(asked_.at(0).nonce), 403);
}

TEST_F(ChannelsTest, LimitLocalConnections) {
    Local first(port_);
    Local second(port_);
    ASSERT_TRUE(is_asked(2));
    Local third(port_);
    ASSERT_TRUE(test::run_until(loop_, [&] { return third.ended() || third.was_reset(); }));
    EXPECT_EQ(asked_.size(), 2u);
    EXPECT_EQ(status().connections, 2u);
}

TEST_F(ChannelsTest, ABrokenStreamNeverLooksLikeAnEnd) {
    Local local(port_);
    ASSERT_TRUE(is_asked(1));
    auto& stream = open_stream(asked_[0].nonce);
    ASSERT_TRUE(test::run_until(loop_, [&] { return stream.status() == 200; }));
    stream.cut();
    ASSERT_TRUE(loses(local));
    ASSERT_TRUE(test::run_until(loop_, [&] { return stream.over(); }));
    EXPECT_NE(records().find("broken_by_service"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::agent
