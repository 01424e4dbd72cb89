#pragma once

#include "http/h1_body.hpp"
#include "http/h1_codec.hpp"
#include "http/server_limits.hpp"
#include "http/service.hpp"
#include "http/wire_input.hpp"
#include "http/wire_output.hpp"
#include "net/duplex.hpp"
#include "net/event.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"
#include "net/task.hpp"

#include <memory>
#include <optional>
#include <string>

namespace sallyport::http {

struct Refusal;

/// A connection that another worker's loop goes on with.
struct Relocation {
    std::size_t worker = 0;
    std::unique_ptr<net::Duplex> duplex;  // detached
    std::string buffered;                 // bytes received and not yet served
};

/// One client connection of an HTTP/1.1 server: reads heads, calls the service, goes on. One
/// coroutine lives as long as the connection; a request allocates nothing but coroutine frames.
/// Requests may be pipelined; they are served one after the other. HTTP/1.0 is spoken without
/// keep-alive. All calls on the loop's thread.
class H1Connection final : private net::Ready, private net::IdleSweep::Watched, private Answer {
public:
    /// `duplex` is connected and not attached. `buffered`: as of a Relocation.
    H1Connection(net::Loop& loop, net::IdleSweep& sweep, std::unique_ptr<net::Duplex> duplex,
                 Service& service, const ServerLimits& limits, std::string buffered = {});
    ~H1Connection();
    H1Connection(const H1Connection&) = delete;
    H1Connection& operator=(const H1Connection&) = delete;

    /// Serves until the connection ends. Value: the service asked for another worker; give the
    /// parts to an H1Connection there.
    net::Task<std::optional<Relocation>> run();
    /// No further request: the running one is finished, then the connection is closed.
    void drain();

private:
    static constexpr int linger_reads_max = 64;
    enum class Phase { head, serving, closing };
    enum class Step { serve, wait, close };

    void on_ready() override;
    void on_deadline() override;

    net::Event& event() override { return event_; }
    bool aborted() const override { return aborted_ || output_.failed(); }
    void inform(const ResponseHead& head) override;
    void start(const ResponseHead& head) override;
    bool started() const override { return started_; }
    std::size_t write(BytesView bytes) override;
    void finish(Fields trailers) override;
    void abort(const Error& why) override;
    bool relocate(std::size_t worker) override;

    Step next_step();
    void await_next_head();
    void refuse_head();
    void refuse_late_head();
    void refuse(const Refusal& refusal);

    void begin_exchange();
    void start_exchange();
    void conclude(const Result<void>& served);
    void append_head(const ResponseHead& head);
    void read_ahead();
    net::Task<void> drop_request_body();
    std::optional<Relocation> take_apart();

    net::Task<void> close();
    net::Task<void> drop_input();
    void give_up();
    bool stalled() const;
    bool too_slow() const;
    std::uint64_t progress() const;

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    std::unique_ptr<net::Duplex> duplex_;
    Service& service_;
    const ServerLimits& limits_;
    net::Event event_;
    WireInput input_;
    WireOutput output_;
    h1::RequestParse parse_;
    BodyReader up_;
    BodyWriter down_;
    Phase phase_ = Phase::head;
    std::uint64_t progress_ = 0;  // as of the last deadline
    bool whole_period_ = false;   // the exchange runs since then
    std::optional<std::size_t> relocate_to_;
    bool head_started_ = false;
    bool timed_out_ = false;
    bool aborted_ = false;  // the client is gone, or the connection is cut
    bool started_ = false;
    bool continue_sent_ = false;
    bool upgraded_ = false;
    bool close_after_ = false;
    bool draining_ = false;
};

}  // namespace sallyport::http
