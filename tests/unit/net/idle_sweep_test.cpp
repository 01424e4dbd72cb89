#include "net/idle_sweep.hpp"

#include "net/loop.hpp"
#include "tests/support/late_timers.hpp"
#include "tests/support/run_loop.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace sallyport::net {
namespace {

class Watch final : public IdleSweep::Watched {
public:
    explicit Watch(std::function<void()> then) : then_(std::move(then)) {}
    void on_deadline() override { then_(); }

private:
    std::function<void()> then_;
};

TEST(IdleSweep, TellsOfEachDeadlineOnce) {
    Loop loop;
    IdleSweep sweep(loop);
    int first = 0;
    int second = 0;
    Watch passed([&] { ++first; });
    Watch removed([] { FAIL(); });
    Watch later([&] { ++second; });
    sweep.add(passed, Loop::now());
    sweep.add(removed, Loop::now());
    sweep.add(later, Loop::now());
    sweep.remove(removed);
    EXPECT_TRUE(test::run_until(loop, [&] { return first == 1 && second == 1; }));
    sweep.add(later, Loop::now());
    EXPECT_TRUE(test::run_until(loop, [&] { return second == 2; }));
    EXPECT_EQ(first, 1);
}

TEST(IdleSweep, ADeadlineMayEndTheSweepAndWhatItWatches) {
    Loop loop;
    auto sweep = std::make_unique<IdleSweep>(loop);
    bool told = false;
    auto other = std::make_unique<Watch>([] {});
    Watch last([&] {
        other.reset();
        sweep.reset();
        told = true;
    });
    sweep->add(last, Loop::now());
    sweep->add(*other, Loop::now() + std::chrono::hours(1));
    EXPECT_TRUE(test::run_until(loop, [&] { return told; }));
}

TEST(IdleSweep, ATimerThatHasFiredDoesNotReachADestroyedSweep) {
    Loop loop;
    auto sweep = std::make_unique<IdleSweep>(loop);
    Watch watch([] { FAIL(); });
    test::destroy_when_its_timer_has_fired(
        loop, IdleSweep::interval, [&] { sweep->add(watch, Loop::now()); }, [&] { sweep.reset(); });
}

}  // namespace
}  // namespace sallyport::net
