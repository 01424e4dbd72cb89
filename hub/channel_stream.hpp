#pragma once

#include "http/raw_stream.hpp"
#include "http/service.hpp"
#include "net/duplex.hpp"
#include "net/event.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"
#include "net/task.hpp"

#include <chrono>
#include <memory>

namespace sallyport::hub {

/// The hub's connection to the service of a channel, as the two ends of an exchange with the agent:
/// what the service says is the body, what the agent says is the answer.
class ChannelStream final : private net::Ready,
                            private net::IdleSweep::Watched,
                            private http::Answer {
public:
    struct Limits {
        std::chrono::milliseconds channel_idle{7'200'000};
        std::chrono::milliseconds channel_linger{5'000};  // after the end, without progress
    };

    /// `duplex` is connected and not attached.
    ChannelStream(net::Loop& loop, net::IdleSweep& sweep, std::unique_ptr<net::Duplex> duplex,
                  const Limits& limits);
    /// What has not come to its end must not look as if it had.
    ~ChannelStream();
    ChannelStream(const ChannelStream&) = delete;
    ChannelStream& operator=(const ChannelStream&) = delete;

    Result<void> attach() { return stream_.attach(loop_, *this); }
    http::Body& incoming() { return stream_.incoming(); }
    http::Answer& answer() { return *this; }
    /// Both sides see a cut.
    void cut();
    /// After the exchange: what is queued still goes out to the service.
    net::Task<void> finish_output();

private:
    void on_ready() override;
    void on_deadline() override;

    net::Event& event() override { return event_; }
    bool aborted() const override { return cut_ || stream_.write_failed(); }
    void inform(const http::ResponseHead&) override {}
    void start(const http::ResponseHead& head) override;
    bool started() const override { return started_; }
    std::size_t write(BytesView bytes) override;
    void finish(http::Fields) override;
    void abort(const Error&) override { cut(); }

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    net::Event event_;
    http::RawStream stream_;
    Limits limits_;
    std::uint64_t progress_ = 0;  // as of the last look
    bool lingers_ = false;
    bool timed_out_ = false;
    bool cut_ = false;
    bool started_ = false;
    bool granted_ = false;
    bool whole_ = false;  // the agent has ended, and the service has all of it
};

}  // namespace sallyport::hub
