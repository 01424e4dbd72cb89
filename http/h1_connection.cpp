#include "http/h1_connection.hpp"

#include "base/error.hpp"
#include "http/hygiene.hpp"
#include "http/refusal.hpp"

#include <utility>

namespace sallyport::http {

using h1::Framing;

H1Connection::H1Connection(net::Loop& loop, net::IdleSweep& sweep,
                           std::unique_ptr<net::Duplex> duplex, Service& service,
                           const ServerLimits& limits, std::string buffered)
    : loop_(loop),
      sweep_(sweep),
      duplex_(std::move(duplex)),
      service_(service),
      limits_(limits),
      event_(loop.turn),
      output_(loop, event_),
      up_(input_),
      down_(output_) {
    input_.put(buffered);
}

H1Connection::~H1Connection() = default;

net::Task<std::optional<Relocation>> H1Connection::run() {
    if (!duplex_->attach(loop_, *this)) co_return std::nullopt;
    output_.attach(duplex_.get());
    sweep_.add(*this, net::deadline_in(limits_.idle_timeout));
    while (true) {
        const auto step = next_step();
        if (step == Step::close) break;
        if (step == Step::wait) {
            co_await event_.wait();
            continue;
        }
        Result<void> served;
        try {
            served = co_await service_.serve(parse_.head, up_, *this);
        } catch (...) {
            served = escaped_from_service();
        }
        if (relocate_to_) co_return take_apart();
        conclude(served);
        if (up_.state() != Body::State::ended && !aborted()) co_await drop_request_body();
        if (close_after_ || aborted()) break;
        await_next_head();
    }
    co_await close();
    co_return std::nullopt;
}

void H1Connection::drain() {
    draining_ = true;
    // A request may be on its way on a connection that looks idle: it is still answered, and told
    // that it was the last one here.
    if (phase_ == Phase::head && !head_started_)
        sweep_.add(*this, net::deadline_in(limits_.drain_grace));
    event_.set();
}

// ---- reading heads

H1Connection::Step H1Connection::next_step() {
    if (!output_.room()) return output_.failed() ? Step::close : Step::wait;
    while (true) {
        if (!input_.empty()) {
            switch (h1::parse_request(input_.unused(), parse_)) {
                case h1::Outcome::complete:
                    begin_exchange();
                    return Step::serve;
                case h1::Outcome::refused:
                    refuse_head();
                    return Step::close;
                case h1::Outcome::needs_more:
                    break;
            }
            if (!head_started_) sweep_.add(*this, net::deadline_in(limits_.head_timeout));
            head_started_ = true;
        }
        if (timed_out_) {
            if (head_started_) refuse_late_head();
            return Step::close;
        }
        switch (input_.fill(*duplex_)) {
            case WireInput::Fill::some:
                break;
            case WireInput::Fill::full:
                input_.make_room();
                break;
            case WireInput::Fill::would_block:
                return Step::wait;
            case WireInput::Fill::ended:
            case WireInput::Fill::failed:
                return Step::close;
        }
    }
}

void H1Connection::await_next_head() {
    phase_ = Phase::head;
    head_started_ = timed_out_ = false;
    input_.unpin();
    parse_.reset();
    sweep_.add(*this, net::deadline_in(draining_ ? limits_.drain_grace : limits_.idle_timeout));
}

void H1Connection::refuse_head() {
    const auto status = parse_.refusal_status;
    refuse({status, status == 431 ? "head_too_large" : "malformed_request",
            "The request was refused: " + std::string(parse_.refusal_text) + ".",
            "http_request_error"});
}

void H1Connection::refuse_late_head() {
    refuse({408, "request_timeout", "The request did not arrive in time.", "http_request_error"});
}

void H1Connection::refuse(const Refusal& refusal) {
    parse_.reset();
    parse_.keep_alive = false;
    input_.pin(0);
    start_exchange();
    answer(*this, refusal, limits_.culprit, {});
}

// ---- one exchange

void H1Connection::begin_exchange() {
    input_.pin(parse_.head_bytes);
    start_exchange();
    const auto& body = parse_.head.body;
    if (parse_.chunked) up_.begin(Framing::chunked, 0, *duplex_);
    if (body.kind == BodySize::Kind::exact) up_.begin(Framing::length, body.bytes, *duplex_);
    // The client's end may have been seen together with its request; nobody tells of it again.
    read_ahead();
}

void H1Connection::start_exchange() {
    phase_ = Phase::serving;
    started_ = continue_sent_ = upgraded_ = whole_period_ = false;
    close_after_ = !parse_.keep_alive;
    up_.begin(Framing::none, 0, *duplex_);
    down_.begin(Framing::none, 0);
}

void H1Connection::conclude(const Result<void>& served) {
    if (!served && !started_ && !aborted())
        answer(*this, refusal_for(served.error()), limits_.culprit, {});
    if (!down_.finished() && !aborted())
        abort(served ? Error{Errc::failed, "the answer was not finished"} : served.error());
    if (upgraded_) close_after_ = true;
}

void H1Connection::read_ahead() {
    while (duplex_->readable() && input_.fill(*duplex_) == WireInput::Fill::some) {
    }
    if (input_.failed() || (input_.ended() && !upgraded_)) give_up();
}

/// An early answer leaves a request body behind. A small rest is dropped and the connection kept;
/// with a large one, or from a slow sender, it ends.
net::Task<void> H1Connection::drop_request_body() {
    timed_out_ = false;
    phase_ = Phase::head;  // so that the deadline counts
    sweep_.add(*this, net::deadline_in(limits_.linger_timeout));
    std::size_t dropped = 0;
    while (!close_after_ && !timed_out_ && dropped < limits_.unread_bytes_max) {
        const auto bytes = up_.peek();
        if (up_.state() != Body::State::flowing) break;
        dropped += bytes.size();
        up_.consume(bytes.size());
        if (bytes.empty()) co_await event_.wait();
    }
    if (up_.state() == Body::State::ended) co_return;
    close_after_ = true;
}

std::optional<Relocation> H1Connection::take_apart() {
    Relocation parts{*relocate_to_, nullptr, std::string(input_.from_pinned())};
    output_.attach(nullptr);
    duplex_->detach();
    parts.duplex = std::move(duplex_);
    return parts;
}

// ---- the end

/// Everything queued still goes out, then our end, then we wait for the client's. Closing earlier
/// would lose what TLS holds back, and bytes of the client that nobody read would make the kernel
/// reset the connection before the client has read the answer.
net::Task<void> H1Connection::close() {
    phase_ = Phase::closing;
    timed_out_ = false;
    progress_ = progress();
    sweep_.add(*this, net::deadline_in(limits_.stall_timeout));
    while (!aborted() && !timed_out_ && !output_.all_sent()) co_await event_.wait();
    if (aborted() || timed_out_) co_return duplex_->close();
    duplex_->finish();
    sweep_.add(*this, net::deadline_in(limits_.linger_timeout));
    co_await drop_input();
    output_.attach(nullptr);
    duplex_.reset();
}

net::Task<void> H1Connection::drop_input() {
    input_.unpin();
    for (int reads = 0; !timed_out_ && reads < linger_reads_max; ++reads) {
        input_.use(input_.size());
        const auto filled = input_.fill(*duplex_);
        if (filled == WireInput::Fill::ended || filled == WireInput::Fill::failed) co_return;
        if (filled == WireInput::Fill::would_block) co_await event_.wait();
    }
}

void H1Connection::give_up() {
    aborted_ = true;
    event_.set();
}

// ---- what others tell us

void H1Connection::on_ready() {
    if (phase_ == Phase::serving) read_ahead();
    output_.send();
    event_.set();
}

void H1Connection::on_deadline() {
    if (phase_ == Phase::serving) {
        if (whole_period_ && stalled() && too_slow()) return give_up();
        whole_period_ = true;
    } else if (phase_ == Phase::head || output_.queued() == 0 || too_slow()) {
        timed_out_ = true;
        return event_.set();
    }
    progress_ = progress();
    sweep_.add(*this, net::deadline_in(limits_.stall_timeout));
}

/// Whether the client is what everybody waits for. A request body may pause for long once the
/// answer has begun (streams in both directions), but not before.
bool H1Connection::stalled() const {
    if (output_.blocked()) return true;
    return !started_ && up_.state() == Body::State::flowing && input_.empty();
}

/// A client that drips is as bad as one that stands still.
bool H1Connection::too_slow() const { return progress() - progress_ < limits_.progress_bytes_min; }

std::uint64_t H1Connection::progress() const { return input_.received() + output_.accepted(); }

}  // namespace sallyport::http
