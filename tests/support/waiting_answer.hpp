#pragma once

#include "http/service.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"

namespace sallyport::test {

/// The caller of an exchange that has not come to its answer: it waits, or leaves.
struct WaitingAnswer : http::Answer {
    explicit WaitingAnswer(net::Loop& loop) : told(loop.turn) {}
    net::Event& event() override { return told; }
    bool aborted() const override { return gone; }
    void inform(const http::ResponseHead&) override {}
    void start(const http::ResponseHead&) override {}
    bool started() const override { return false; }
    std::size_t write(BytesView bytes) override { return bytes.size(); }
    void finish(http::Fields) override {}
    void abort(const Error&) override {}
    void leave() {
        gone = true;
        told.set();
    }

    net::Event told;
    bool gone = false;
};

}  // namespace sallyport::test
