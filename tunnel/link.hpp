#pragma once

#include "net/duplex.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"
#include "net/within.hpp"
#include "tunnel/flow.hpp"
#include "tunnel/h2_session.hpp"
#include "tunnel/keepalive.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::tunnel {

struct LinkOptions {
    H2Options h2{};
    Keepalive::Settings keepalive{};
    /// A stream whose reader has taken nothing for so long is given up when memory is short.
    std::chrono::milliseconds stall{5'000};
};

/// One tunnel connection: moves bytes between a Duplex and an HTTP/2 session, and watches over
/// both. Frames of many streams leave together at the end of a loop turn. Lives on one loop. When
/// it dies all its streams hear on_closed(), and `ended()` becomes true; it must be destroyed
/// outside its own calls.
class Link final : public net::Ready, private net::EndOfTurn {
public:
    static constexpr std::size_t write_bytes = 64 * 1024;      // one write at most
    static constexpr std::size_t turn_bytes_max = 512 * 1024;  // one turn at most
    /// Between the notice of a shutdown and the GOAWAY, at least: requests that are under way to us
    /// when we give notice must still be served.
    static constexpr std::chrono::milliseconds settle_time{200};
    static constexpr std::chrono::seconds farewell_time{2};  // for the peer to see our end

    Link(net::Loop& loop, std::unique_ptr<net::Duplex> duplex, Role role,
         const LinkOptions& options, MemoryBudget& budget, H2Events& events);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    Result<void> start();

    net::Loop& loop() { return loop_; }
    H2Session& session() { return session_; }
    const H2Session& session() const { return session_; }
    MemoryBudget& budget() { return budget_; }
    /// Frames wait to leave: do it at the end of this turn.
    void flush_soon() { loop_.turn.at_flush(*this); }

    /// At once; the streams fail.
    void close(const Error& why);
    /// No new streams; ends when the last one has, or at the deadline.
    void drain(net::Deadline deadline);
    /// So many open streams do not keep a draining link up (the control stream).
    void set_background_streams(std::size_t count) { background_streams_ = count; }
    bool draining() const { return draining_; }

    bool ended() const { return ended_; }
    const Error& why() const { return why_; }
    /// Set when the link has ended.
    net::Event& end_event() { return end_event_; }

    /// Whether the peer is alive *now*: asks it, and calls `tell` with true when it has answered
    /// what was asked after this call, with false when the link ended before.
    void probe(std::function<void(bool)> tell);

    /// For H2Events: an answer to our ping.
    void ping_answered();
    /// Of the last ping, 0 before its answer; never more than Keepalive's patience.
    std::chrono::steady_clock::duration round_trip() const { return round_trip_; }
    /// When bytes last came from the peer: the time for what they cause, without asking the clock.
    std::chrono::steady_clock::time_point heard_at() const { return heard_at_; }
    std::string peer() const { return duplex_->peer(); }
    std::uint64_t bytes_in() const { return bytes_in_; }
    std::uint64_t bytes_out() const { return bytes_out_; }
    /// Writes that moved something: against bytes_out() they tell how well frames are gathered.
    std::uint64_t writes() const { return writes_; }
    std::chrono::steady_clock::time_point since() const { return since_; }

private:
    struct Probe {
        std::uint64_t answers_left = 0;
        std::function<void(bool)> tell;
    };
    void ask();
    void on_ready() override;
    void end_of_turn() override;
    void read();
    bool send_pending();
    void shed_stalled();
    void watch_time();
    void on_timer();
    void check_over();

    net::Loop& loop_;
    std::unique_ptr<net::Duplex> duplex_;
    LinkOptions options_;
    MemoryBudget& budget_;
    H2Session session_;
    Keepalive keepalive_;
    net::Timer timer_;
    net::Event end_event_;
    std::string out_;  // frames the duplex has not taken yet
    std::size_t out_from_ = 0;
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point heard_at_ = since_;
    std::optional<std::chrono::steady_clock::time_point> pinged_;  // no answer yet
    std::uint64_t pings_unanswered_ = 0;
    std::vector<Probe> probes_;
    std::chrono::steady_clock::duration round_trip_{};
    std::optional<net::Deadline> drain_deadline_;
    std::optional<net::Deadline> goaway_at_;
    std::uint64_t bytes_in_ = 0;
    std::uint64_t bytes_out_ = 0;
    std::uint64_t writes_ = 0;
    std::size_t background_streams_ = 0;
    bool draining_ = false;
    bool finishing_ = false;  // our side has said its end
    bool ended_ = false;
    bool more_to_read_ = false;
    Error why_{};
    std::shared_ptr<Link*> self_ = std::make_shared<Link*>(this);  // for timers that fired too late
};

}  // namespace sallyport::tunnel
