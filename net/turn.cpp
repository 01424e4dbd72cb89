#include "net/turn.hpp"

#include "net/event.hpp"

#include <boost/asio/post.hpp>

namespace sallyport::net {

void Event::wake() {
    if (!waiter_) return;
    set_ = false;
    auto handler = std::move(*waiter_);
    waiter_.reset();
    // The slot must not keep a way to this event: the coroutine may outlive it.
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) slot.clear();
    std::move(handler)();
}

Turn::~Turn() {
    events_.clear();
    commits_.clear();
    flushes_.clear();
}

void Turn::at_commit(EndOfTurn& task) {
    if (!task.is_linked()) commits_.push_back(task);
    arm();
}

void Turn::at_flush(EndOfTurn& task) {
    if (!task.is_linked()) flushes_.push_back(task);
    arm();
}

void Turn::resume(Event& event) {
    TurnHook& hook = event;
    if (!hook.is_linked()) events_.push_back(hook);
    arm();
}

void Turn::leave() {
    if (--depth_ == 0) run();
}

void Turn::arm() {
    if (posted_ || running_ || depth_ > 0) return;
    posted_ = true;
    asio::post(io_, [this] {
        posted_ = false;
        run();
    });
}

void Turn::resume_all() {
    while (!events_.empty()) {
        auto& event = static_cast<Event&>(events_.front());
        events_.pop_front();
        event.wake();
    }
}

void Turn::run() {
    if (running_) return;
    running_ = true;
    resume_all();
    while (!commits_.empty()) {
        auto& task = commits_.front();
        commits_.pop_front();
        task.end_of_turn();
        resume_all();
    }
    // Only what was there when flushing began: a flush that asks again waits for the next turn.
    TaskList now;
    now.splice(now.end(), flushes_);
    while (!now.empty()) {
        auto& task = now.front();
        now.pop_front();
        task.end_of_turn();
    }
    running_ = false;
    if (!events_.empty() || !commits_.empty() || !flushes_.empty()) arm();
}

}  // namespace sallyport::net
