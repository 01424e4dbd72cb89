#pragma once

#include "http/service.hpp"
#include "net/event.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <chrono>

namespace sallyport::hub {

/// One request of the hub's own that goes the way of all others, hub -> agent -> hub, and reaches
/// nothing (docs/PROTOCOL.md#ready). Good for one run.
class SyntheticExchange final : private http::Body,
                                private http::Answer,
                                private net::IdleSweep::Watched {
public:
    SyntheticExchange(net::Loop& loop, net::IdleSweep& sweep) : sweep_(sweep), event_(loop.turn) {}

    /// How long it took. Errors: as http::Service::serve; Errc::timed_out; Errc::protocol for
    /// another answer than 204.
    net::Task<Result<std::chrono::microseconds>> run(http::Service& agent,
                                                     std::chrono::milliseconds patience);

private:
    BytesView peek() override { return {}; }
    void consume(std::size_t) override {}
    State state() const override { return State::ended; }
    net::Event& event() override { return event_; }
    bool aborted() const override { return given_up_; }
    void inform(const http::ResponseHead&) override {}
    void start(const http::ResponseHead& head) override { status_ = head.status; }
    bool started() const override { return status_ != 0; }
    std::size_t write(BytesView bytes) override { return bytes.size(); }
    void finish(http::Fields) override {}
    void abort(const Error&) override {}
    void on_deadline() override {
        given_up_ = true;
        event_.set();
    }

    net::IdleSweep& sweep_;
    net::Event event_;
    int status_ = 0;
    bool given_up_ = false;
};

}  // namespace sallyport::hub
