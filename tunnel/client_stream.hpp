#pragma once

#include "http/service.hpp"
#include "tunnel/flow.hpp"
#include "tunnel/h2_stream.hpp"
#include "tunnel/stream_buffers.hpp"

namespace sallyport::tunnel {

class Link;

/// One request at the hub's end. Lives in the coroutine of ClientEnd::serve.
class ClientStream final : public H2Stream {
public:
    static constexpr std::size_t send_bytes_max = 256 * 1024;  // waiting to leave, per stream
    static constexpr int informs_max = 64;                     // 1xx answers to one request

    /// `buffers` are empty, and the stream's own while it lives.
    ClientStream(Link& link, StreamBuffers& buffers, const http::RequestHead& head, http::Body& up,
                 http::Answer& down);
    ~ClientStream();

    Result<void> submit();
    /// Does what can be done now, in both directions.
    void move();
    bool is_over() const { return phase_ == Phase::over; }
    Result<void> outcome() const;

private:
    enum class Phase { waiting, answering, over };

    // H2Stream
    void on_field(std::string_view name, std::string_view value) override;
    void on_fields_end(bool last) override;
    void on_data(BytesView bytes) override;
    void on_end() override;
    void on_closed(H2Code code) override;
    Pulled pull(std::span<std::byte> into) override;
    Held held() const override { return {window_.held(), window_.last_progress()}; }

    void start_answer();
    bool read_answer_field(const http::Field& field, http::ResponseHead& head);
    void fail_malformed();
    void move_up();
    void look_for_caller();
    void move_down();

    Link& link_;
    StreamBuffers& buffers_;
    const http::RequestHead& head_;
    http::Body& up_;
    http::Answer& down_;
    ReceiveWindow window_;
    Phase phase_ = Phase::waiting;
    http::Body::State up_state_ = http::Body::State::flowing;
    H2Code code_ = H2Code::no_error;
    int informs_ = 0;
    bool has_body_ = false;
    bool body_touched_ = false;  // some of the request body is gone from our caller
    bool opened_ = false;        // an upgrade or a stream was granted: bytes both ways
    bool answer_ended_ = false;
    bool finished_ = false;  // the caller has the whole answer
    bool malformed_ = false;
};

}  // namespace sallyport::tunnel
