#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "http/message.hpp"
#include "net/event.hpp"
#include "net/task.hpp"

#include <cstddef>

namespace sallyport::http {

/// A body on its way to us. Nothing here waits: when there is nothing at hand, wait for the event
/// of the exchange (Answer::event) and look again.
class Body {
public:
    enum class State {
        flowing,  // more may come
        ended,    // all of it has been consumed; trailers() are there
        cut,      // the sender broke off: what was consumed is not the whole
    };
    virtual ~Body() = default;

    /// The bytes at hand; empty if none now, or no more. The view is valid until the next call of
    /// peek() or consume().
    virtual BytesView peek() = 0;
    /// Takes a prefix of what peek() showed; gives the sender room for as much.
    virtual void consume(std::size_t bytes) = 0;
    virtual State state() const = 0;
    /// After `ended`.
    virtual Fields trailers() const { return {}; }
};

/// Where the answer goes: any number of inform(), one start(), then write() until finish(). All
/// calls copy what they need before they return. After aborted() everything is accepted and
/// dropped.
class Answer {
public:
    virtual ~Answer() = default;

    /// The one event of this exchange. It is set when the request body has bytes or has ended, when
    /// write() has room again, when the exchange was given up; whoever serves it lets their own
    /// sources set it too. So one coroutine moves both directions: do what can be done, then wait
    /// for it.
    virtual net::Event& event() = 0;
    /// The caller has gone away, or a deadline has passed: stop as soon as possible.
    virtual bool aborted() const = 0;

    /// A response before the response (RFC 9110 section 15.2), but never 101.
    virtual void inform(const ResponseHead& head) = 0;
    /// 101 only if the request asked for an upgrade: then request and response bodies are the raw
    /// bytes of the new protocol.
    virtual void start(const ResponseHead& head) = 0;
    virtual bool started() const = 0;
    /// Takes a prefix and says how much; 0 = no room now, wait for event().
    virtual std::size_t write(BytesView bytes) = 0;
    virtual void finish(Fields trailers = {}) = 0;
    /// Breaks off so that the receiver sees a cut, never a complete short body.
    virtual void abort(const Error& why) = 0;

    /// Asks that another worker's loop serves this request (hub: it has the link). Allowed before
    /// start() and before the body was touched; afterwards serve() returns at once. False: not
    /// possible.
    virtual bool relocate(std::size_t worker) {
        (void)worker;
        return false;
    }
};

/// For whoever calls a service: what an exception that escaped from serve() means for this exchange
/// alone. It is a bug and is logged, but the exchanges beside it go on. Call it in a catch block;
/// throws on what is no failure, the cancellation of the caller.
Error escaped_from_service();

/// Anything that answers requests: a back end, the agent's exchange, an attached agent as the hub
/// sees it. The references stay valid until the returned coroutine ends. Both directions run at
/// once: an answer may start, and end, before the request body does. On success the answer was
/// finished. After an error the caller answers (502, 503, 504) if `down.started()` is still false,
/// else it aborts.
class Service {
public:
    virtual ~Service() = default;
    virtual net::Task<Result<void>> serve(const RequestHead& head, Body& up, Answer& down) = 0;
};

}  // namespace sallyport::http
