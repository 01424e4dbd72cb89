// Channels that are kept, and those that have something left to do.
#include "agent/sftp_pool.hpp"

#include "tests/support/run_loop.hpp"
#include "tests/support/sftp_server.hpp"
#include "tests/support/waiting_answer.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using test::FakeSftpServer;

/// One place, and servers that answer when the test wants it.
class PoolWorld : private Connector {
public:
    using Taken = std::optional<SftpPool::Lease>;

    explicit PoolWorld(std::chrono::milliseconds clean_up)
        : pool(loop, sweep, *this, {.connections = 1, .clean_up_timeout = clean_up}) {}

    net::Loop loop;
    net::IdleSweep sweep{loop};
    SftpPool pool;
    std::vector<std::unique_ptr<FakeSftpServer>> servers;
    std::string asked;  // what was not answered

    void take(test::WaitingAnswer& down, Taken& taken) { group_.spawn("take", keep(down, taken)); }
    Taken take() {
        test::WaitingAnswer down(loop);
        Taken taken;
        take(down, taken);
        EXPECT_TRUE(test::run_until_done(loop, group_));
        return taken;
    }
    bool finish() { return test::run_until_done(loop, group_); }

private:
    net::Task<Result<std::unique_ptr<net::Duplex>>> connect(const Login*, net::Deadline) override {
        const auto script = [this](const std::string& request) {
            if (request[0] == 1) return FakeSftpServer::version();
            asked = request;
            return std::string();
        };
        servers.push_back(std::make_unique<FakeSftpServer>(loop, script));
        co_return servers.back()->channel();
    }
    net::Task<void> keep(test::WaitingAnswer& down, Taken& taken) {
        auto lease = co_await pool.take(down, SftpPool::Freshness::any, never_);
        if (lease) taken = std::move(*lease);
    }

    const bool never_ = false;
    net::TaskGroup group_{loop};
};

void give_something_up(PoolWorld& world) {
    auto lease = world.take();
    ASSERT_TRUE(lease);
    lease->client->remove_later("/upload");
    lease->doubtful = true;
    world.pool.put(std::move(*lease));
}

TEST(SftpPool, WhatHasSomethingToCleanUpKeepsItsPlace) {
    PoolWorld world(10min);
    give_something_up(world);
    test::WaitingAnswer down(world.loop);
    PoolWorld::Taken next;
    world.take(down, next);
    test::settle(world.loop);
    EXPECT_FALSE(next);
    ASSERT_EQ(world.servers.size(), 1U);
    ASSERT_FALSE(world.asked.empty());
    world.servers[0]->say(FakeSftpServer::status(world.asked, 0));
    ASSERT_TRUE(world.finish());
    ASSERT_TRUE(next);
    EXPECT_TRUE(next->reused);
    EXPECT_EQ(world.servers.size(), 1U);
}

TEST(SftpPool, ButNotForEver) {
    PoolWorld world(1ms);
    give_something_up(world);
    const auto next = world.take();
    ASSERT_TRUE(next);
    EXPECT_FALSE(next->reused);
    EXPECT_EQ(world.servers.size(), 2U);
}

TEST(SftpPool, WhatIsThroughIsUsedAgain) {
    PoolWorld world(10min);
    auto lease = world.take();
    ASSERT_TRUE(lease);
    world.pool.put(std::move(*lease));
    const auto next = world.take();
    ASSERT_TRUE(next);
    EXPECT_TRUE(next->reused);
}

}  // namespace
}  // namespace sallyport::agent
