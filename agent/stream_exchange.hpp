#pragma once

#include "http/pump.hpp"
#include "http/raw_stream.hpp"
#include "http/service.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <chrono>

namespace sallyport::agent {

/// Whether there is more to do for a stream once its event is set.
enum class StreamStep { wait, done };

/// One stream of bytes between a caller and an internal system: moves both directions, keeps
/// half-closes, and ends what stands still in both for too long. Lives in the coroutine of
/// StreamBackend::serve_as.
class StreamExchange final : private net::IdleSweep::Watched {
public:
    StreamExchange(net::Loop& loop, net::IdleSweep& sweep, http::RawStream& wire, http::Body& up,
                   http::Answer& down, std::chrono::milliseconds idle_timeout);

    /// Does what can be done now. Errors: Errc::aborted (the caller went away), cut (the internal
    /// system broke off), timed_out (idle).
    Result<StreamStep> step();
    /// Ends it from outside; there is nothing to be said.
    Error give_up(const Error& why) const { return why; }

private:
    void on_deadline() override;
    Result<void> move_up();
    Result<void> move_down();

    net::IdleSweep& sweep_;
    http::RawStream& wire_;
    http::Body& up_;
    http::Answer& down_;
    http::NextTurn next_turn_;
    std::chrono::milliseconds idle_timeout_;
    std::uint64_t progress_ = 0;  // as of the last deadline
    bool up_done_ = false;
    bool down_done_ = false;
    bool expired_ = false;
};

}  // namespace sallyport::agent
