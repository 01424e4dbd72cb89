#pragma once

#include "http/raw_stream.hpp"
#include "http/service.hpp"
#include "hub/ingress.hpp"
#include "hub/stream_handshake.hpp"
#include "net/duplex.hpp"
#include "net/event.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"
#include "net/task.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::hub {

/// A client of a stream port whose handshake is done, and which another worker's loop serves.
struct StreamRelocation {
    std::size_t worker = 0;
    std::unique_ptr<net::Duplex> duplex;  // detached
    std::string buffered;                 // bytes received and not yet forwarded
    std::unique_ptr<StreamHandshake> handshake;
    StreamRequest request;
};

/// One client of a stream port: its handshake, then bytes both ways until both have ended. One
/// coroutine lives as long as the connection. All calls on the loop's thread.
class StreamConnection final : private net::Ready,
                               private net::IdleSweep::Watched,
                               private http::Answer {
public:
    struct Limits {
        std::chrono::milliseconds handshake_time{30'000};
        std::chrono::milliseconds linger_time{5'000};          // after the end, without progress
        std::chrono::milliseconds last_handshake_time{1'000};  // when the hub stops
    };

    StreamConnection(net::Loop& loop, net::IdleSweep& sweep, std::unique_ptr<net::Duplex> duplex,
                     Ingress& ingress, std::unique_ptr<StreamHandshake> handshake,
                     const Limits& limits);
    StreamConnection(net::Loop& loop, net::IdleSweep& sweep, Ingress& ingress,
                     StreamRelocation from, const Limits& limits);

    ~StreamConnection();
    StreamConnection(const StreamConnection&) = delete;
    StreamConnection& operator=(const StreamConnection&) = delete;

    /// Until the connection ends. Value: the ingress asked for another worker.
    net::Task<std::optional<StreamRelocation>> run();
    /// The accounts have changed: if they shut the client out, the stream is cut.
    void judge_again();
    /// The hub stops: who has not said what it wants ends soon, a stream runs on.
    void drain();

private:
    enum class Phase { handshake, serving, closing };

    void on_ready() override;
    void on_deadline() override;

    net::Event& event() override { return event_; }
    bool aborted() const override { return aborted_ || stream_.write_failed(); }
    void inform(const http::ResponseHead&) override {}
    void start(const http::ResponseHead& head) override;
    bool started() const override { return started_; }
    std::size_t write(BytesView bytes) override;
    void finish(http::Fields trailers) override;
    void abort(const Error& why) override;
    bool relocate(std::size_t worker) override;

    net::Task<bool> shake_hands();
    net::Task<bool> identify();
    net::Task<void> let_wait(std::chrono::milliseconds time);
    void note(std::string_view code, std::string_view why);
    void send_reply();
    StreamRelocation take_apart();
    net::Task<void> close();
    bool has_moved();

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Ingress& ingress_;
    net::Event event_;
    http::RawStream stream_;
    std::unique_ptr<StreamHandshake> handshake_;
    StreamRequest request_;
    Limits limits_;
    Phase phase_ = Phase::handshake;
    std::optional<std::size_t> relocate_to_;
    std::uint64_t progress_ = 0;  // as of the last look
    bool draining_ = false;
    bool timed_out_ = false;
    bool aborted_ = false;  // cut, from either side
    bool started_ = false;
    bool granted_ = false;
};

}  // namespace sallyport::hub
