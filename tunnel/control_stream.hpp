#pragma once

#include "http/service.hpp"
#include "tunnel/client_end.hpp"
#include "tunnel/control_message.hpp"
#include "tunnel/line_reader.hpp"

#include <functional>
#include <string>

namespace sallyport::tunnel {

/// The agent's side of the control stream: an exchange whose two bodies are lines of messages. One
/// per link, for the one control stream that the hub opens on it.
class AgentControl final : public http::Service {
public:
    using OnMessage = std::function<void(ControlMessage)>;

    explicit AgentControl(OnMessage on_message) : on_message_(std::move(on_message)) {}

    /// What to say first when the hub opens the stream; see shorten().
    void greet_with(Hello hello);
    /// Sent now, or dropped if the stream is not open: then false.
    bool send(const ControlMessage& message);

    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override;

private:
    OnMessage on_message_;
    std::string queue_;
    net::Event* event_ = nullptr;  // while the stream is open
};

/// The hub's side: opens the stream on a link, and hands on what the agent says.
class HubControl final : private http::Body, private http::Answer {
public:
    using OnMessage = std::function<void(ControlMessage)>;

    HubControl(net::Loop& loop, OnMessage on_message)
        : event_(loop.turn), on_message_(std::move(on_message)) {}

    void send(const ControlMessage& message);
    /// What the agent has not taken yet.
    std::size_t queued_bytes() const { return queue_.size(); }
    /// Ends our side; run() returns soon after.
    void close();

    /// Until the stream ends. Errors: as ClientEnd::serve; Errc::malformed for what is no message.
    net::Task<Result<void>> run(ClientEnd& link);

private:
    BytesView peek() override { return as_bytes(queue_); }
    void consume(std::size_t bytes) override { queue_.erase(0, bytes); }
    State state() const override {
        return closed_ && queue_.empty() ? State::ended : State::flowing;
    }
    net::Event& event() override { return event_; }
    bool aborted() const override { return broken_; }
    void inform(const http::ResponseHead&) override {}
    void start(const http::ResponseHead& head) override;
    bool started() const override { return started_; }
    std::size_t write(BytesView bytes) override;
    void finish(http::Fields) override {}
    void abort(const Error&) override {}

    net::Event event_;
    OnMessage on_message_;
    LineReader lines_;
    std::string queue_;
    bool started_ = false;
    bool closed_ = false;
    bool broken_ = false;
};

}  // namespace sallyport::tunnel
