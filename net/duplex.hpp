#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace sallyport::net {

class Loop;
class Ready;

/// What a non-blocking read or write did.
struct Moved {
    enum class State {
        ok,           // `bytes` > 0 moved; there may be more
        would_block,  // nothing moved now: the Ready is told when it is worth trying again
        ended,        // reads only: the peer has finished sending
        failed,       // `error` says why; the connection is dead
    };
    State state = State::would_block;
    std::size_t bytes = 0;
    boost::system::error_code error{};
};

/// Bytes both ways, without waiting: a TCP or Unix socket, TLS over one, or memory in tests. Reads
/// and writes do what they can at once; a Ready is told (edge-triggered: once per change) when a
/// direction that would have blocked, or has never been tried, can go on, or has failed. After
/// attach() it is told at least once. Never told from inside read() or write().
class Duplex {
public:
    virtual ~Duplex() = default;

    /// Starts watching on this loop's thread. `ready` may be changed later by watch().
    /// A Duplex that is detached() may be attached to another loop by that loop's thread.
    virtual Result<void> attach(Loop& loop, Ready& ready) = 0;
    virtual void watch(Ready& ready) = 0;
    virtual void detach() = 0;

    virtual Moved read(std::span<std::byte> into) = 0;
    /// Takes a prefix of the buffers, one after the other (at most 16 of them are looked at).
    virtual Moved write(std::span<const BytesView> buffers) = 0;
    Moved write(BytesView bytes) { return write(std::span(&bytes, 1)); }

    /// No more writes; the peer sees an end. Everything written before still arrives.
    virtual void finish() = 0;
    /// Whether the operating system has all that was written, the end included; if not, the Ready
    /// is told when it has. What it has still arrives when this is destroyed.
    virtual bool all_out() const { return true; }
    /// At once and for good; unsent bytes may be lost. Further calls fail.
    virtual void close() = 0;
    /// As close(), and the peer cannot take it for an orderly end (TCP: RST).
    virtual void reset() { close(); }

    /// Whether a read may find something: lets a caller skip the system call. Says true when
    /// unsure.
    virtual bool readable() const = 0;
    /// Whether nothing at all has arrived, not even the peer's end, as of now and not as of the
    /// last readiness: asks the operating system. For a connection that was idle.
    virtual bool quiet() const { return !readable(); }

    /// "127.0.0.1:1234", for logs and audit.
    virtual std::string peer() const = 0;

    /// Why it failed, in words for the log; empty where the error code says it all.
    virtual std::string failure() const { return {}; }
};

}  // namespace sallyport::net
