#pragma once

#include "http/service.hpp"
#include "net/event.hpp"
#include "net/task_group.hpp"

#include <optional>
#include <string>
#include <utility>

namespace sallyport::test {

/// One request with its whole body at hand, and everything that was answered.
class Call final : private http::Body, private http::Answer {
public:
    Call(net::Loop& loop, std::string method, std::string target, std::string body = {})
        : event_(loop.turn),
          method_(std::move(method)),
          target_(std::move(target)),
          sends_(std::move(body)) {}

    void start_on(http::Service& service, net::TaskGroup& group) {
        group.spawn("call", run(service));
    }
    /// The caller goes away.
    void give_up() {
        aborted_ = true;
        event_.set();
    }

    bool over() const { return outcome_.has_value(); }
    bool good() const { return outcome_ && *outcome_ && finished_; }
    int status() const { return status_; }
    const std::string& answer() const { return answer_; }
    std::string trouble() const {
        return outcome_ && !*outcome_ ? to_text(outcome_->error()) : std::string();
    }

private:
    net::Task<void> run(http::Service& service) {
        http::RequestHead head;
        head.method = method_;
        head.authority = "virtual.test:443";
        head.target = target_;
        if (!sends_.empty()) head.body = http::BodySize::exactly(sends_.size());
        outcome_ = co_await service.serve(head, *this, *this);
    }

    BytesView peek() override { return as_bytes(sends_).subspan(sent_); }
    void consume(std::size_t bytes) override { sent_ += bytes; }
    http::Body::State state() const override {
        return sent_ == sends_.size() ? http::Body::State::ended : http::Body::State::flowing;
    }
    net::Event& event() override { return event_; }
    bool aborted() const override { return aborted_; }
    void inform(const http::ResponseHead&) override {}
    void start(const http::ResponseHead& head) override { status_ = head.status; }
    bool started() const override { return status_ != 0; }
    std::size_t write(BytesView bytes) override {
        answer_ += as_text(bytes);
        return bytes.size();
    }
    void finish(http::Fields) override { finished_ = true; }
    void abort(const Error&) override {}

    net::Event event_;
    std::string method_;
    std::string target_;
    std::string sends_;
    std::size_t sent_ = 0;
    bool aborted_ = false;
    bool finished_ = false;
    int status_ = 0;
    std::string answer_;
    std::optional<Result<void>> outcome_;
};

}  // namespace sallyport::test
