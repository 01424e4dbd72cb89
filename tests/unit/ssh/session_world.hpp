#pragma once

#include "base/error.hpp"
#include "net/blocking_pool.hpp"
#include "net/task_group.hpp"
#include "ssh/session.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/unit/ssh/ssh_server.hpp"

#include <gtest/gtest.h>

namespace sallyport::test {

using Started = Result<std::shared_ptr<ssh::Session>>;
using Opened = Result<std::unique_ptr<net::Duplex>>;

inline net::Deadline soon() { return net::deadline_in(std::chrono::seconds(45)); }

struct Told final : net::Ready {
    void on_ready() override { ++count; }
    int count = 0;
};

/// Sessions with sshd on a loop.
class SshSession : public testing::Test {
protected:
    Started start(SshServer& server, ssh::Session::Options options) {
        Started started = Error{Errc::failed, "not finished"};
        tasks.spawn("start", begin(server, std::move(options), started));
        EXPECT_TRUE(test::run_until_done(loop, tasks)) << server.log();
        return started;
    }
    std::shared_ptr<ssh::Session> session_with(SshServer& server) {
        auto started = start(server, server.options());
        EXPECT_TRUE(started) << (started ? "" : to_text(started.error())) << server.log();
        return started ? *started : nullptr;
    }
    net::Task<void> begin(SshServer& server, ssh::Session::Options options, Started& started) {
        started = co_await ssh::Session::start(loop, sweep, pool, server.connect(),
                                               std::move(options), soon());
    }
    net::Task<void> subsystem(ssh::Session& session, std::string name, Opened& opened) {
        opened = co_await session.open_subsystem(std::move(name), soon());
    }
    net::Task<void> direct(ssh::Session& session, std::string host, std::uint16_t port,
                           Opened& opened) {
        opened = co_await session.open_direct(std::move(host), port, soon());
    }
    Opened open_subsystem(ssh::Session& session, const std::string& name) {
        Opened opened = Error{Errc::failed, "not finished"};
        tasks.spawn("open", subsystem(session, name, opened));
        EXPECT_TRUE(test::run_until_done(loop, tasks));
        return opened;
    }
    Opened open_direct(ssh::Session& session, const std::string& host, std::uint16_t port) {
        Opened opened = Error{Errc::failed, "not finished"};
        tasks.spawn("open", direct(session, host, port, opened));
        EXPECT_TRUE(test::run_until_done(loop, tasks));
        return opened;
    }
    /// The version message of SFTP v3, and the answer to it: enough to see that bytes go both ways.
    void talk_sftp(net::Duplex& channel) {
        Told told;
        ASSERT_TRUE(channel.attach(loop, told));
        ASSERT_TRUE(test::run_until(loop, [&] { return told.count > 0; }));
        const std::string init("\0\0\0\5\1\0\0\0\3", 9);
        ASSERT_EQ(channel.write(as_bytes(init)).bytes, init.size());
        std::string answer;
        std::array<std::byte, 1024> chunk{};
        ASSERT_TRUE(test::run_until(loop, [&] {
            const auto moved = channel.read(chunk);
            if (moved.state == net::Moved::State::ok)
                answer += as_text(BytesView(chunk).first(moved.bytes));
            return answer.size() >= 9;
        }));
        EXPECT_EQ(answer[4], 2);  // SSH_FXP_VERSION
        channel.finish();
        ASSERT_TRUE(test::run_until(
            loop, [&] { return channel.read(chunk).state == net::Moved::State::ended; }));
        EXPECT_TRUE(channel.all_out());
        channel.detach();
    }

    net::Loop loop;
    net::IdleSweep sweep{loop};
    net::BlockingPool pool;
    net::TaskGroup tasks{loop};
};

}  // namespace sallyport::test
