#pragma once

#include "http/service.hpp"
#include "tunnel/byte_queue.hpp"
#include "tunnel/field_arena.hpp"
#include "tunnel/flow.hpp"
#include "tunnel/h2_stream.hpp"

namespace sallyport::tunnel {

class Link;
class ServerEnd;

/// One request at the agent's end, and the coroutine that serves it; afterwards both are used
/// again.
class ServerStream final : public H2Stream, private http::Body, private http::Answer {
public:
    static constexpr std::size_t send_bytes_max = 256 * 1024;  // waiting to leave, per stream

    ServerStream(ServerEnd& end, Link& link);

    /// Serves one request after the other, for ever.
    net::Task<void> work();
    /// A new request begins to arrive.
    void take() { phase_ = Phase::head; }

private:
    enum class Phase { idle, head, serving };

    // H2Stream
    void on_field(std::string_view name, std::string_view value) override;
    void on_fields_end() override;
    void on_data(BytesView bytes) override;
    void on_end() override;
    void on_closed(H2Code code) override;
    Pulled pull(std::span<std::byte> into) override;
    Held held() const override;

    // http::Body
    BytesView peek() override { return received_.view(); }
    void consume(std::size_t bytes) override;
    State state() const override;
    http::Fields trailers() const override { return request_trailers_; }

    // http::Answer
    net::Event& event() override { return event_; }
    bool aborted() const override { return aborted_; }
    void inform(const http::ResponseHead& head) override;
    void start(const http::ResponseHead& head) override;
    bool started() const override { return started_; }
    std::size_t write(BytesView bytes) override;
    void finish(http::Fields trailers) override;
    void abort(const Error& why) override;

    bool read_head();
    void reset_for_next();
    void conclude(const Result<void>& outcome);

    ServerEnd& end_;
    Link& link_;
    net::Event event_;
    FieldArena fields_;
    FieldArena late_fields_;  // trailers
    std::vector<http::Field> request_fields_;
    http::Fields request_trailers_;
    http::RequestHead head_;
    ByteQueue received_;
    ByteQueue to_send_;
    FieldArena response_trailers_;
    ReceiveWindow window_;
    Phase phase_ = Phase::idle;
    bool malformed_ = false;
    bool request_ended_ = false;
    bool cut_ = false;
    bool aborted_ = false;
    bool started_ = false;
    bool finished_ = false;
};

}  // namespace sallyport::tunnel
