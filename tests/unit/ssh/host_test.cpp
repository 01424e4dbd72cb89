#include "ssh/host.hpp"

#include "base/error.hpp"
#include "net/blocking_pool.hpp"
#include "net/task_group.hpp"
#include "ssh/fault.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/unit/ssh/port.hpp"
#include "tests/unit/ssh/ssh_server.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::ssh {
namespace {

using test::Port;
using test::SshServer;
using namespace std::chrono_literals;

class SshHost : public testing::Test {
protected:
    using Opened = std::optional<Host::Connection>;

    ~SshHost() override {
        tasks.cancel();
        test::run_until_done(loop, tasks);
    }
    std::shared_ptr<Host> host(SshServer& server, std::size_t channels = Session::channels_max) {
        const auto line = server.known_line();
        server.write("known_hosts", "[127.0.0.1]:" + std::to_string(port.number()) +
                                        line.substr(line.find(' ')) + "\n");
        auto options = server.options();
        options.host = "127.0.0.1";
        options.port = port.number();
        options.connect_timeout = long_enough;
        return Host::make({loop, sweep, pool, tasks}, std::move(options), channels);
    }
    void ask(Host& host, std::uint16_t number, Opened& opened, net::Deadline deadline) {
        tasks.spawn("open", open(host, number, opened, deadline));
    }
    net::Task<void> open(Host& host, std::uint16_t number, Opened& opened, net::Deadline deadline) {
        opened.emplace(co_await host.open_direct("127.0.0.1", number, deadline));
    }
    /// One after the other, without a rest.
    net::Task<void> try_again(Host& host, std::vector<Host::Connection>& answers) {
        while (answers.size() < tries)
            answers.push_back(co_await host.open_direct("127.0.0.1", target.number(), soon()));
    }
    /// Lets sshd serve who connects, until then.
    template <class Condition>
    bool serve_until(SshServer& server, Condition condition) {
        return test::run_until(loop, [&] {
            if (const auto socket = port.accept()) {
                ++connections;
                server.serve(socket);
            }
            return condition();
        });
    }
    static net::Deadline soon() { return net::deadline_in(long_enough); }

    /// A slow machine that does much else at the same time, too.
    static constexpr std::chrono::seconds long_enough = 45s;

    static constexpr std::size_t tries = 5;
    net::Loop loop;
    net::IdleSweep sweep{loop};
    net::BlockingPool pool;
    net::TaskGroup tasks{loop};
    Port port{8};
    Port target{64};
    std::size_t connections = 0;
};

TEST_F(SshHost, MakesOneSessionForAllWhoAskAtOnce) {
    SshServer server;
    const auto jump = host(server);
    std::array<Opened, 3> opened;
    for (auto& one : opened) ask(*jump, target.number(), one, soon());
    ASSERT_TRUE(serve_until(server, [&] {
        return std::ranges::all_of(opened, [](const auto& one) { return one.has_value(); });
    }));
    for (const auto& one : opened) EXPECT_TRUE(*one) << to_text(one->error()) << server.log();
    EXPECT_EQ(connections, 1U);
    EXPECT_EQ(jump->status().sessions, 1U);
    EXPECT_EQ(jump->status().channels, 3U);
}

TEST_F(SshHost, MakesAnotherSessionWhenOneIsFull) {
    SshServer server;
    const auto jump = host(server, 1);
    std::array<Opened, 2> opened;
    for (auto& one : opened) ask(*jump, target.number(), one, soon());
    ASSERT_TRUE(serve_until(server, [&] { return opened[0] && opened[1]; }));
    for (const auto& one : opened) EXPECT_TRUE(*one) << to_text(one->error()) << server.log();
    EXPECT_EQ(jump->status().sessions, 2U);
    EXPECT_EQ(jump->status().channels, 2U);
}

TEST_F(SshHost, IsNotHeldUpByATargetThatDoesNotAnswer) {
    SshServer server;
    const auto jump = host(server);
    Port dead{0};
    dead.fill();
    std::array<Opened, 2> never;
    for (auto& one : never) ask(*jump, dead.number(), one, net::deadline_in(6s));
    Opened good;
    ask(*jump, target.number(), good, soon());
    ASSERT_TRUE(serve_until(server, [&] { return good.has_value(); }));
    EXPECT_TRUE(*good) << to_text(good->error());
    EXPECT_FALSE(never[0].has_value());
    ASSERT_TRUE(serve_until(server, [&] { return never[0] && never[1]; }));
    for (const auto& one : never) {
        ASSERT_FALSE(*one);
        EXPECT_EQ(one->error().code, Errc::timed_out) << to_text(one->error());
    }
    // The second one to the dead target has not taken a session of its own.
    EXPECT_EQ(connections, 2U);
}

TEST_F(SshHost, LeavesSessionsToOthersWhenManyTargetsDoNotAnswer) {
    SshServer server;
    const auto jump = host(server);
    Opened good;
    ask(*jump, target.number(), good, soon());
    ASSERT_TRUE(serve_until(server, [&] { return good.has_value(); }));
    std::vector<Port> dead;
    for (std::size_t i = 0; i < Host::stuck_max + 2; ++i) {
        dead.emplace_back(0);
        dead.back().fill();
    }
    const auto deadline = net::deadline_in(Session::stuck_after * (Host::stuck_max + 3));
    std::vector<Opened> never(dead.size());
    for (std::size_t i = 0; i < dead.size(); ++i) ask(*jump, dead[i].number(), never[i], deadline);
    ASSERT_TRUE(serve_until(server, [&] {
        return std::ranges::all_of(never, [](const auto& one) { return one.has_value(); });
    }));
    for (const auto& one : never) {
        ASSERT_FALSE(*one);
        EXPECT_EQ(one->error().code, Errc::timed_out) << to_text(one->error());
    }
    EXPECT_LE(connections, Host::stuck_max);
    Opened better;
    ask(*jump, target.number(), better, soon());
    ASSERT_TRUE(serve_until(server, [&] { return better.has_value(); }));
    EXPECT_TRUE(*better) << to_text(better->error());
}

TEST_F(SshHost, MakesANewSessionWhenTheKeptOneHasBroken) {
    SshServer server;
    const auto jump = host(server);
    Opened first;
    ask(*jump, target.number(), first, soon());
    ASSERT_TRUE(serve_until(server, [&] { return first.has_value(); }));
    server.kill_last();
    Opened second;
    ask(*jump, target.number(), second, soon());
    ASSERT_TRUE(serve_until(server, [&] { return second.has_value(); }));
    EXPECT_TRUE(*second) << to_text(second->error());
    EXPECT_EQ(connections, 2U);
}

TEST_F(SshHost, RestsAfterAFailureAndTellsTheReasonMeanwhile) {
    SshServer server;
    const auto jump = host(server);
    std::vector<Host::Connection> answers;
    tasks.spawn("try", try_again(*jump, answers));
    ASSERT_TRUE(test::run_until(loop, [&] {
        if (port.accept()) ++connections;  // and ended
        return answers.size() == tries;
    }));
    for (const auto& answer : answers) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, Fault::unreachable) << to_text(answer.error());
    }
    EXPECT_NE(jump->status().last_error, "");
    EXPECT_LT(connections, tries);
}

TEST_F(SshHost, LeadsToAServerBehindIt) {
    SshServer server;
    const auto jump = host(server);
    auto options = jump->options();
    const auto behind = Host::make({loop, sweep, pool, tasks}, options, 8, jump);
    Opened opened;
    ask(*behind, target.number(), opened, soon());
    ASSERT_TRUE(serve_until(server, [&] { return opened.has_value(); }));
    EXPECT_TRUE(*opened) << to_text(opened->error()) << server.log();
    EXPECT_EQ(connections, 2U);
    EXPECT_EQ(jump->status().channels, 1U);
}

}  // namespace
}  // namespace sallyport::ssh
