#include "net/turn.hpp"

#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "tests/support/run_loop.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::net {
namespace {

struct Note final : EndOfTurn {
    Note(std::string& order, char mark) : order_(order), mark_(mark) {}
    void end_of_turn() override { order_ += mark_; }
    std::string& order_;
    char mark_;
};

Task<void> append_after(Event& event, std::string& order, char mark) {
    co_await event.wait();
    order += mark;
}

TEST(Turn, ResumesThenCommitsThenFlushes) {
    Loop loop;
    std::string order;
    Event event(loop.turn);
    TaskGroup group(loop);
    group.spawn("waiter", append_after(event, order, 'r'));
    test::settle(loop);
    Note commit(order, 'c');
    Note flush(order, 'f');
    loop.turn.enter();
    loop.turn.at_flush(flush);
    loop.turn.at_commit(commit);
    loop.turn.at_commit(commit);
    event.set();
    EXPECT_EQ(order, "");
    loop.turn.leave();
    EXPECT_EQ(order, "rcf");
    test::settle(loop);
    EXPECT_TRUE(group.empty());
}

TEST(Turn, WhoWaitsForACommitRunsBeforeTheFlushOfThatTurn) {
    Loop loop;
    std::string order;
    Event event(loop.turn);
    struct Commit final : EndOfTurn {
        Event* event = nullptr;
        void end_of_turn() override { event->set(); }
    } commit;
    commit.event = &event;
    Note flush(order, 'f');
    TaskGroup group(loop);
    group.spawn("waiter", append_after(event, order, 'w'));
    test::settle(loop);
    loop.turn.at_commit(commit);
    loop.turn.at_flush(flush);
    test::settle(loop);
    EXPECT_EQ(order, "wf");
}

TEST(Turn, AFlushThatAsksAgainComesInTheNextTurn) {
    Loop loop;
    struct Again final : EndOfTurn {
        Turn* turn = nullptr;
        int left = 3;
        int seen = 0;
        void end_of_turn() override {
            ++seen;
            if (--left > 0) turn->at_flush(*this);
        }
    } again;
    again.turn = &loop.turn;
    loop.turn.enter();
    loop.turn.at_flush(again);
    loop.turn.leave();
    EXPECT_EQ(again.seen, 1);
    test::settle(loop);
    EXPECT_EQ(again.seen, 3);
}

TEST(Event, IsNotLostWhenSetBeforeTheWait) {
    Loop loop;
    std::string order;
    Event event(loop.turn);
    event.set();
    TaskGroup group(loop);
    group.spawn("waiter", append_after(event, order, 'x'));
    test::settle(loop);
    EXPECT_EQ(order, "x");
    EXPECT_FALSE(event.is_set());
}

TEST(Event, ACancelledWaitEndsTheTask) {
    Loop loop;
    Event event(loop.turn);
    bool unwound = false;
    auto wait_for_ever = [](Event& e, bool& done) -> Task<void> {
        struct Flag {
            bool& done;
            ~Flag() { done = true; }
        } flag{done};
        while (true) co_await e.wait();
    };
    TaskGroup group(loop);
    group.spawn("waiter", wait_for_ever(event, unwound));
    test::settle(loop);
    EXPECT_FALSE(unwound);
    group.cancel();
    test::settle(loop);
    EXPECT_TRUE(unwound);
    EXPECT_TRUE(group.empty());
}

TEST(Event, ACancellationAfterTheEventHasGoneTouchesNothing) {
    Loop loop;
    auto first = std::make_unique<Event>(loop.turn);
    bool resumed = false;
    // Waits for something that takes no notice of cancellation, after the event was destroyed.
    auto wait_twice = [](Loop& on, std::unique_ptr<Event>& event, bool& done) -> Task<void> {
        co_await event->wait();
        event.reset();
        co_await asio::post(on.io, use_task);
        done = true;
    };
    TaskGroup group(loop);
    group.spawn("waiter", wait_twice(loop, first, resumed));
    test::settle(loop);
    first->set();
    loop.io.restart();
    while (first && loop.io.poll_one() > 0) {
    }
    EXPECT_FALSE(first);
    group.cancel();
    test::settle(loop);
    EXPECT_TRUE(group.empty());
}

}  // namespace
}  // namespace sallyport::net
