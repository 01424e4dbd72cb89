#pragma once

#include "net/ready.hpp"
#include "net/turn.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>

#include <cassert>
#include <optional>

namespace sallyport::net {

/// Wakes the one coroutine that waits for it. Sticky: a set() without a waiter is not lost, and
/// wait() takes it back. The coroutine goes on at the end of the loop turn, never inside set(), so
/// set() may be called from callbacks of C libraries. Spurious wake-ups are allowed: callers check
/// and wait again.
///
///     while (!condition()) co_await event.wait();
///
/// A wait ends when the coroutine is cancelled; its next co_await then throws, as Asio does it.
/// Lifetime: must outlive the waiting coroutine's wait; all calls on the loop's thread.
class Event final : public Ready, private TurnHook {
public:
    explicit Event(Turn& turn) : turn_(turn) {}
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() = default;

    void set() {
        set_ = true;
        if (waiter_ && !TurnHook::is_linked()) turn_.resume(*this);
    }
    void on_ready() override { set(); }
    bool is_set() const { return set_; }

    auto wait() {
        return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
            [this](auto handler) {
                assert(!waiter_ && "a second waiter would make the first disappear");
                auto slot = asio::get_associated_cancellation_slot(handler);
                if (slot.is_connected()) slot.assign([this](asio::cancellation_type) { set(); });
                waiter_.emplace(std::move(handler));
                if (set_) turn_.resume(*this);
            },
            use_task);
    }

private:
    friend class Turn;
    using Handler = asio::async_result<asio::use_awaitable_t<Executor>, void()>::handler_type;
    void wake();

    Turn& turn_;
    std::optional<Handler> waiter_;
    bool set_ = false;
};

}  // namespace sallyport::net
