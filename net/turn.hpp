#pragma once

#include "net/task.hpp"

#include <boost/intrusive/list.hpp>

#include <cstdint>

namespace sallyport::net {

class Event;

using TurnHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// Something to be done once at the end of a loop turn, however often it was asked for. Derive,
/// call Turn::at_commit or Turn::at_flush, and the turn calls `end_of_turn` once. Destroying it
/// withdraws it.
class EndOfTurn : public TurnHook {
public:
    EndOfTurn() = default;
    EndOfTurn(const EndOfTurn&) = delete;
    EndOfTurn& operator=(const EndOfTurn&) = delete;
    virtual void end_of_turn() = 0;

protected:
    ~EndOfTurn() = default;
};

/// The end of one turn of the event loop, where work of many exchanges is gathered:
///   1. coroutines whose Event was set are resumed;
///   2. *commit*: the audit records of this turn are written in one call; who waited for them goes
///   on (1);
///   3. *flush*: every connection that has something to send makes one system call.
/// So a record is always written before the bytes it speaks of leave the process, and frames of
/// many streams leave in few system calls. What a flush schedules again comes in the next turn, so
/// a bounded flush may re-arm itself without starving others.
class Turn {
public:
    explicit Turn(asio::io_context& io) : io_(io) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

    void at_commit(EndOfTurn& task);
    void at_flush(EndOfTurn& task);

    /// For Event: resume its waiter in this turn.
    void resume(Event& event);

    /// Brackets a batch of callbacks (Poller, tests): the turn ends in leave(), without a detour
    /// through the scheduler.
    void enter() { ++depth_; }
    void leave();

private:
    using TaskList = boost::intrusive::list<EndOfTurn, boost::intrusive::constant_time_size<false>>;
    void arm();
    void run();
    void resume_all();

    asio::io_context& io_;
    boost::intrusive::list<TurnHook, boost::intrusive::constant_time_size<false>> events_;
    TaskList commits_;
    TaskList flushes_;
    int depth_ = 0;
    bool posted_ = false;
    bool running_ = false;
};

}  // namespace sallyport::net
