#pragma once

#include "net/poller.hpp"
#include "net/turn.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>

namespace sallyport::net {

/// What one worker thread owns: an io_context, the readiness of its sockets, and the end of its
/// turns. Objects belong to one loop and are touched on its thread only; between loops go posts of
/// immutable values. Nothing here is shared.
class Loop {
public:
    Loop() : turn(io), poller(io, turn) {}
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    Executor executor() { return io.get_executor(); }
    /// Coarse monotonic time, cheap enough for every request.
    static std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

    asio::io_context io{1};
    Turn turn;
    Poller poller;
};

}  // namespace sallyport::net
