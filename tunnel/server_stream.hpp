#pragma once

#include "http/service.hpp"
#include "tunnel/flow.hpp"
#include "tunnel/h2_stream.hpp"
#include "tunnel/stream_buffers.hpp"

#include <vector>

namespace sallyport::tunnel {

class Link;
class ServerEnd;

/// One request at the agent's end, and the worker that serves it; afterwards both are used again.
class ServerStream final : public H2Stream, private http::Body, private http::Answer {
public:
    static constexpr std::size_t send_bytes_max = 256 * 1024;  // waiting to leave, per stream

    ServerStream(ServerEnd& end, Link& link);

    /// Serves one request after the other, as long as ServerEnd wants it.
    net::Task<void> work();
    /// A new request begins to arrive.
    void take() { phase_ = Phase::head; }

private:
    enum class Phase {
        idle,
        head,      // of the request arrives
        serving,   // the service has it
        finishing  // the service is done, HTTP/2 is not
    };

    // H2Stream
    void on_field(std::string_view name, std::string_view value) override;
    void on_fields_end(bool last) override;
    void on_data(BytesView bytes) override;
    void on_end() override;
    void on_closed(H2Code code) override;
    Pulled pull(std::span<std::byte> into) override;
    Held held() const override { return {window_.held(), window_.last_progress()}; }

    // http::Body
    BytesView peek() override { return buffers_.received.view(); }
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

    http::Service* service();
    bool read_head();
    void read_reserved(const http::Field& field);
    void conclude(const Result<void>& outcome);
    void stop_request(const Result<void>& outcome);
    void rest();
    void resume();

    ServerEnd& end_;
    Link& link_;
    net::Event event_;
    StreamBuffers buffers_;
    std::vector<http::Field> request_fields_;
    http::Fields request_trailers_;
    http::RequestHead head_;
    ReceiveWindow window_;
    Phase phase_ = Phase::idle;
    bool is_channel_ = false;
    bool malformed_ = false;  // there is no request to serve
    bool request_ended_ = false;
    bool aborted_ = false;
    bool started_ = false;
    bool has_body_ = true;  // the answer's
    bool finished_ = false;
    bool end_sent_ = false;  // of the answer
    bool served_ = false;    // the service is done
};

}  // namespace sallyport::tunnel
