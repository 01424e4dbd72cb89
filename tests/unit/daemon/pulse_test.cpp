#include "daemon/pulse.hpp"

#include "tests/support/run_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

namespace sallyport::daemon {
namespace {

net::Task<void> count(net::Loop& loop, std::vector<net::Executor> others,
                      std::chrono::milliseconds patience, std::optional<std::size_t>& silent) {
    silent = co_await count_silent(loop, std::move(others), patience);
}

std::size_t silent_of(net::Loop& loop, std::vector<net::Executor> others,
                      std::chrono::milliseconds patience) {
    std::optional<std::size_t> silent;
    net::TaskGroup group(loop);
    group.spawn("count", count(loop, std::move(others), patience, silent));
    EXPECT_TRUE(test::run_until_done(loop, group));
    return silent.value_or(99);
}

TEST(Pulse, ALoopThatTurnsAnswers) {
    net::Loop own;
    net::Loop other;
    auto work = std::make_optional(boost::asio::make_work_guard(other.io));
    std::thread thread([&] { other.io.run(); });
    EXPECT_EQ(silent_of(own, {other.executor(), other.executor()}, pulse_patience), 0U);
    work.reset();
    thread.join();
}

TEST(Pulse, ALoopThatHangsIsCountedAndMayAnswerLate) {
    net::Loop own;
    net::Loop turning;
    net::Loop hanging;  // nobody runs it yet
    auto work = std::make_optional(boost::asio::make_work_guard(turning.io));
    std::thread thread([&] { turning.io.run(); });
    // The one that turns has its time; only the other one lets it pass.
    EXPECT_EQ(
        silent_of(own, {turning.executor(), hanging.executor()}, std::chrono::milliseconds(2'000)),
        1U);
    work.reset();
    thread.join();
    hanging.io.run();
    own.io.restart();
    own.io.run();
}

TEST(Pulse, NoOthersIsNoWait) {
    net::Loop own;
    EXPECT_EQ(silent_of(own, {}, std::chrono::hours(1)), 0U);
}

}  // namespace
}  // namespace sallyport::daemon
