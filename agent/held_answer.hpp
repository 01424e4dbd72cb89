#pragma once

#include "http/service.hpp"
#include "net/loop.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::agent {

/// Passes an answer on, but holds back its end where wanted: the audit record of a request is
/// written before the caller learns that it is over. Counts on the way.
class HeldAnswer final : public http::Answer {
public:
    enum class End { held, passes };

    explicit HeldAnswer(http::Answer& down, End end = End::held) : down_(down), end_(end) {}

    net::Event& event() override { return down_.event(); }
    bool aborted() const override { return down_.aborted(); }
    void inform(const http::ResponseHead& head) override { down_.inform(head); }
    void start(const http::ResponseHead& head) override {
        status_ = head.status;
        started_at_ = net::Loop::now();
        down_.start(head);
    }
    bool started() const override { return down_.started(); }
    std::size_t write(BytesView bytes) override {
        const auto taken = down_.write(bytes);
        bytes_ += taken;
        return taken;
    }
    void finish(http::Fields trailers) override;
    void abort(const Error& why) override { down_.abort(why); }

    /// Lets the held end go.
    void release();
    bool finished() const { return finished_; }
    int status() const { return status_; }
    /// When its head went by; the epoch: not yet.
    std::chrono::steady_clock::time_point started_at() const { return started_at_; }
    std::uint64_t bytes() const { return bytes_; }

private:
    http::Answer& down_;
    const End end_;
    std::vector<std::pair<std::string, std::string>>
        trailers_;  // copied: the back end's buffer moves on
    std::chrono::steady_clock::time_point started_at_{};
    std::uint64_t bytes_ = 0;
    int status_ = 0;
    bool finished_ = false;
};

/// Counts the request body on its way to the back end.
class CountedBody final : public http::Body {
public:
    explicit CountedBody(http::Body& up) : up_(up) {}
    BytesView peek() override { return up_.peek(); }
    void consume(std::size_t bytes) override {
        bytes_ += bytes;
        up_.consume(bytes);
    }
    State state() const override { return up_.state(); }
    http::Fields trailers() const override { return up_.trailers(); }
    std::uint64_t bytes() const { return bytes_; }

private:
    http::Body& up_;
    std::uint64_t bytes_ = 0;
};

}  // namespace sallyport::agent
