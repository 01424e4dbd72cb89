#pragma once

#include "http/service.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"

namespace sallyport::http {

/// How much one exchange moves before others have their turn.
inline constexpr std::size_t pump_bytes_max = 256 * 1024;

enum class Pumped {
    blocked,  // wait: nothing at hand, or no room
    more,     // the bound was reached: let others go first, then go on
    ended,    // the source has no more (ended, or cut: look at its state)
};

/// Moves what can be moved now from a body to whatever has `std::size_t write(BytesView)`.
template <class Sink>
Pumped pump(Body& from, Sink& to) {
    for (std::size_t moved = 0; moved < pump_bytes_max;) {
        const auto bytes = from.peek();
        if (bytes.empty())
            return from.state() == Body::State::flowing ? Pumped::blocked : Pumped::ended;
        const auto taken = to.write(bytes);
        if (taken == 0) return Pumped::blocked;
        from.consume(taken);
        moved += taken;
    }
    return Pumped::more;
}

/// Sets an event in the next turn of the loop, after everybody else had this one. (An event that a
/// coroutine sets for itself wakes it within the same turn.)
class NextTurn final : private net::EndOfTurn {
public:
    NextTurn(net::Loop& loop, net::Event& event) : loop_(loop), event_(event) {}
    void request() { loop_.turn.at_flush(*this); }

private:
    void end_of_turn() override { event_.set(); }
    net::Loop& loop_;
    net::Event& event_;
};

}  // namespace sallyport::http
