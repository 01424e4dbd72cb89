#pragma once

#include "http/pump.hpp"
#include "http/raw_stream.hpp"
#include "http/service.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <chrono>

namespace sallyport::agent {

/// One stream of bytes between a caller and an internal system: moves both directions, keeps
/// half-closes, and ends what stands still in both for too long. Lives in the coroutine of
/// StreamBackend::serve_as.
class StreamExchange final : private net::IdleSweep::Watched {
public:
    enum class Step { wait, done };

    StreamExchange(net::Loop& loop, net::IdleSweep& sweep, http::RawStream& wire, http::Body& up,
                   http::Answer& down, std::chrono::milliseconds idle_timeout);

    /// Does what can be done now. Errors: Errc::aborted (the caller went away), cut (the internal
    /// system broke off), timed_out (idle).
    Result<Step> step();

private:
    void on_deadline() override;
    Result<void> move_up();
    Result<void> move_down();
    bool was_reset() const;

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
