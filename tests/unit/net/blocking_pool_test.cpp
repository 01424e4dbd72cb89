#include "net/blocking_pool.hpp"

#include "net/resolver.hpp"
#include "net/task_group.hpp"
#include "tests/support/run_loop.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <latch>
#include <thread>

namespace sallyport::net {
namespace {

using namespace std::chrono_literals;

using Answer = Result<std::thread::id>;

Task<void> ask(BlockingPool& pool, Loop& loop, std::function<Answer()> function,
               std::optional<Answer>& answer) {
    answer = co_await run_on_pool(pool, loop, std::move(function));
}

TEST(BlockingPool, RunsTheFunctionOnAnotherThread) {
    Loop loop;
    BlockingPool pool(1);
    std::optional<Answer> answer;
    TaskGroup group(loop);
    group.spawn("ask", ask(
                           pool, loop, [] { return Answer(std::this_thread::get_id()); }, answer));
    EXPECT_TRUE(test::run_until_done(loop, group));
    ASSERT_TRUE(answer && *answer);
    EXPECT_NE(**answer, std::this_thread::get_id());
}

TEST(BlockingPool, ACancelledCoroutineLeavesTheFunctionToItself) {
    Loop loop;
    std::latch begun(1);
    std::latch may_end(1);
    std::optional<Answer> answer;
    {
        BlockingPool pool(1);
        TaskGroup group(loop);
        const std::function<Answer()> slow = [&] {
            begun.count_down();
            may_end.wait();
            return Answer(std::this_thread::get_id());
        };
        group.spawn("ask", ask(pool, loop, slow, answer));
        test::settle(loop);
        begun.wait();
        group.cancel();
        EXPECT_TRUE(test::run_until_done(loop, group));
        EXPECT_FALSE(answer);
        may_end.count_down();
    }
    test::settle(loop);
    EXPECT_FALSE(answer);
}

TEST(BlockingPool, RefusesWhatDoesNotFitIntoTheQueue) {
    BlockingPool pool(1);
    std::latch begun(1);
    std::latch may_end(1);
    EXPECT_TRUE(pool.submit([&] {
        begun.count_down();
        may_end.wait();
    }));
    begun.wait();
    for (std::size_t i = 0; i < BlockingPool::queue_max; ++i) EXPECT_TRUE(pool.submit([] {}));
    EXPECT_FALSE(pool.submit([] {}));
    may_end.count_down();
}

using Found = Result<std::vector<Endpoint>>;

Task<void> look_up(BlockingPool& pool, Loop& loop, std::string host, Deadline deadline,
                   Found& found) {
    found = co_await resolve(pool, loop, std::move(host), 443, deadline);
}

Found look_up(std::string host) {
    Loop loop;
    BlockingPool pool(1);
    Found found = Error{Errc::failed, "not run"};
    TaskGroup group(loop);
    group.spawn("look up", look_up(pool, loop, std::move(host), deadline_in(10s), found));
    EXPECT_TRUE(test::run_until_done(loop, group));
    return found;
}

TEST(Resolver, FindsLocalhostAndLiterals) {
    const auto local = look_up("localhost");
    ASSERT_TRUE(local) << to_text(local.error());
    for (const auto& endpoint : *local)
        EXPECT_THAT(endpoint.to_string(), testing::AnyOf("127.0.0.1:443", "[::1]:443"));
    EXPECT_EQ(look_up("10.1.2.3")->front().to_string(), "10.1.2.3:443");
}

TEST(Resolver, SaysWhichNameItDidNotFind) {
    // RFC 6761 section 6.4: ".invalid" never resolves, and no query need leave the machine.
    const auto found = look_up("nothing.invalid");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::unavailable);
    EXPECT_THAT(found.error().detail, testing::HasSubstr("nothing.invalid"));
}

TEST(Resolver, ABusyPoolEndsInATimeout) {
    Loop loop;
    BlockingPool pool(1);
    std::latch may_end(1);
    EXPECT_TRUE(pool.submit([&] { may_end.wait(); }));
    Found found = Error{Errc::failed, "not run"};
    TaskGroup group(loop);
    group.spawn("look up", look_up(pool, loop, "localhost", deadline_in(10ms), found));
    EXPECT_TRUE(test::run_until_done(loop, group));
    may_end.count_down();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::timed_out);
}

}  // namespace
}  // namespace sallyport::net
