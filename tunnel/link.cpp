#include "tunnel/link.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace sallyport::tunnel {
namespace {

constexpr std::size_t read_bytes = 64 * 1024;
constexpr int reads_per_turn_max = 16;
constexpr std::size_t shed_bytes_min = 256 * 1024;  // while memory is only short
constexpr std::chrono::seconds look_around{2};      // how often stalled streams are looked for

double dice() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(generator);
}

/// Plaintext on its way from a duplex into a session; used within one call only.
std::span<std::byte> read_buffer() {
    thread_local std::array<std::byte, read_bytes> buffer;
    return buffer;
}

}  // namespace

Link::Link(net::Loop& loop, std::unique_ptr<net::Duplex> duplex, Role role,
           const LinkOptions& options, MemoryBudget& budget, H2Events& events)
    : loop_(loop),
      duplex_(std::move(duplex)),
      options_(options),
      budget_(budget),
      session_(role, options.h2, events),
      keepalive_(options.keepalive, net::Loop::now(), dice()),
      timer_(loop.executor()),
      end_event_(loop.turn) {}

Link::~Link() {
    *self_ = nullptr;
    timer_.cancel();
    duplex_->close();
}

Result<void> Link::start() {
    if (auto attached = duplex_->attach(loop_, *this); !attached) return attached.error();
    on_timer();  // the first ping
    return {};
}

void Link::on_ready() {
    if (ended_) return;
    read();
    if (!ended_) flush_soon();
}

void Link::read() {
    // Requests that were taken become frames before the peer's GOAWAY may arrive: afterwards HTTP/2
    // would not send them any more.
    if (session_.role() == Role::client && out_.empty())
        if (auto made = session_.produce(out_, turn_bytes_max); !made) return close(made.error());
    const auto buffer = read_buffer();
    for (int i = 0; i < reads_per_turn_max; ++i) {
        const auto moved = duplex_->read(buffer);
        switch (moved.state) {
            case net::Moved::State::would_block:
                return;
            case net::Moved::State::ended:
                return close({Errc::closed, "the peer closed the link"});
            case net::Moved::State::failed:
                return close({moved.error, duplex_->failure()});
            case net::Moved::State::ok:
                break;
        }
        bytes_in_ += moved.bytes;
        heard_at_ = net::Loop::now();
        keepalive_.received();
        if (auto fed = session_.receive(buffer.first(moved.bytes)); !fed) {
            // The session has queued a GOAWAY that says what was wrong.
            (void)session_.produce(out_, write_bytes);
            send_pending();
            return close(fed.error());
        }
    }
    // There may be more, and no new edge will tell: go on in the next turn.
    loop_.turn.at_flush(*this);
    more_to_read_ = true;
}

void Link::end_of_turn() {
    if (ended_) return;
    if (std::exchange(more_to_read_, false)) read();
    if (ended_) return;
    std::size_t sent = 0;
    while (sent < turn_bytes_max) {
        if (out_.empty()) {
            if (auto made = session_.produce(out_, write_bytes); !made) return close(made.error());
            if (out_.empty()) return check_over();
        }
        const auto before = out_.size() - out_from_;
        if (!send_pending()) return;
        sent += before;
    }
    // The limit of a turn was reached with frames left, and nothing else may come to wake us.
    flush_soon();
}

bool Link::send_pending() {
    while (out_from_ < out_.size()) {
        const auto rest = as_bytes(std::string_view(out_).substr(out_from_));
        const auto moved = duplex_->write(rest);
        if (moved.state == net::Moved::State::failed) {
            close({moved.error, duplex_->failure()});
            return false;
        }
        if (moved.state == net::Moved::State::would_block) return false;
        bytes_out_ += moved.bytes;
        ++writes_;
        out_from_ += moved.bytes;
    }
    out_.clear();
    out_from_ = 0;
    return true;
}

void Link::check_over() {
    if (finishing_) return;
    const bool over = session_.is_over();
    if (over && session_.open_streams() > 0)
        return close({Errc::protocol, "one side broke HTTP/2, and streams were open"});
    const bool drained = draining_ && !goaway_at_ && session_.open_streams() <= background_streams_;
    if (!over && !drained) return;
    // Everything has been written; closing now could reset the connection before the peer has read
    // it. It closes when it sees our end.
    finishing_ = true;
    drain_deadline_ = net::Loop::now() + farewell_time;
    duplex_->finish();
    watch_time();
}

void Link::close(const Error& why) {
    if (ended_) return;
    ended_ = true;
    why_ = why;
    if (EndOfTurn::is_linked()) EndOfTurn::unlink();
    timer_.cancel();
    duplex_->close();
    session_.end();
    end_event_.set();
    for (auto& probe : std::exchange(probes_, {})) probe.tell(false);
}

void Link::drain(net::Deadline deadline) {
    if (draining_ || ended_) return;
    draining_ = true;
    drain_deadline_ = deadline;
    if (session_.role() == Role::server) {
        goaway_at_ = net::Loop::now() +
                     std::max<std::chrono::steady_clock::duration>(settle_time, 2 * round_trip_);
        session_.announce_shutdown();
    }
    flush_soon();
    watch_time();
}

void Link::ask() {
    session_.ping();
    ++pings_unanswered_;
    flush_soon();
}

void Link::probe(std::function<void(bool)> tell) {
    if (ended_) return tell(false);
    // Answers come in the order of the questions; the ones before may be older than this call.
    ask();
    probes_.push_back({pings_unanswered_, std::move(tell)});
}

void Link::ping_answered() {
    if (pings_unanswered_ > 0) --pings_unanswered_;
    for (auto& probe : probes_) --probe.answers_left;
    const auto answered = std::partition(probes_.begin(), probes_.end(),
                                         [](const auto& probe) { return probe.answers_left > 0; });
    std::vector<Probe> told(std::make_move_iterator(answered),
                            std::make_move_iterator(probes_.end()));
    probes_.erase(answered, probes_.end());
    for (auto& probe : told) probe.tell(true);
    if (!pinged_) return;
    round_trip_ = std::min<std::chrono::steady_clock::duration>(net::Loop::now() - *pinged_,
                                                                options_.keepalive.patience);
    pinged_.reset();
}

void Link::shed_stalled() {
    if (!budget_.is_short()) return;
    const bool exhausted = budget_.is_exhausted();
    H2Stream* worst = nullptr;
    std::size_t worst_bytes = exhausted ? 0 : shed_bytes_min;
    const auto now = net::Loop::now();
    session_.for_each_stream([&](H2Stream& stream) {
        const auto held = stream.held();
        if (held.bytes == 0 || now - held.since < options_.stall) return;
        // When nothing is left to give, standing still is enough.
        if (exhausted) session_.reset(stream, H2Code::enhance_your_calm);
        if (held.bytes <= worst_bytes) return;
        worst = &stream;
        worst_bytes = held.bytes;
    });
    if (worst == nullptr) return;
    if (!exhausted) session_.reset(*worst, H2Code::enhance_your_calm);
    flush_soon();
}

void Link::watch_time() {
    auto next = std::min(keepalive_.next(), net::Loop::now() + std::min<net::Deadline::duration>(
                                                                   look_around, options_.stall));
    if (goaway_at_) next = std::min(next, *goaway_at_);
    if (drain_deadline_) next = std::min(next, *drain_deadline_);
    timer_.expires_at(next);
    timer_.async_wait([self = self_](boost::system::error_code failure) {
        if (!failure && *self != nullptr) (*self)->on_timer();
    });
}

void Link::on_timer() {
    if (ended_) return;
    const auto now = net::Loop::now();
    if (drain_deadline_ && now >= *drain_deadline_)
        return close(
            {Errc::aborted,
             finishing_ ? "drained" : "streams were still open when the time to drain was over"});
    if (goaway_at_ && now >= *goaway_at_) {
        goaway_at_.reset();
        session_.shut_down();
        flush_soon();
    }
    shed_stalled();
    read();  // after a pause of this process the answer may be there, but was not read yet
    if (ended_) return;
    switch (keepalive_.due(now)) {
        case Keepalive::Action::dead:
            return close({Errc::timed_out, "nothing was received after a ping"});
        case Keepalive::Action::ping:
            if (!pinged_) pinged_ = now;
            ask();
            break;
        case Keepalive::Action::wait:
            break;
    }
    watch_time();
}

}  // namespace sallyport::tunnel
