#include "agent/stream_exchange.hpp"

#include "agent/broken_stream.hpp"
#include "base/error.hpp"

namespace sallyport::agent {

using http::Pumped;

StreamExchange::StreamExchange(net::Loop& loop, net::IdleSweep& sweep, http::RawStream& wire,
                               http::Body& up, http::Answer& down,
                               std::chrono::milliseconds idle_timeout)
    : sweep_(sweep),
      wire_(wire),
      up_(up),
      down_(down),
      next_turn_(loop, down.event()),
      idle_timeout_(idle_timeout) {
    sweep_.add(*this, net::deadline_in(idle_timeout_));
}

Result<StreamStep> StreamExchange::step() {
    if (down_.aborted()) return Error{Errc::aborted, "the caller went away"};
    if (expired_) return Error{Errc::timed_out, "nothing moved within idle_timeout"};
    wire_.output().send();
    if (auto moved = move_up(); !moved) return moved.error();
    if (auto moved = move_down(); !moved) return moved.error();
    const bool all_out =
        wire_.output().failed() || (wire_.output().all_sent() && wire_.duplex().all_out());
    return up_done_ && down_done_ && all_out ? StreamStep::done : StreamStep::wait;
}

Result<void> StreamExchange::move_up() {
    if (up_done_) return {};
    // An internal system that takes no more may still send; whoever reads finds out.
    if (wire_.output().failed()) {
        up_done_ = true;
        return {};
    }
    const auto pumped = http::pump(up_, wire_);
    if (pumped == Pumped::more) next_turn_.request();
    if (pumped != Pumped::ended) return {};
    if (up_.state() == http::Body::State::cut) return Error{Errc::aborted, "the caller broke off"};
    up_done_ = true;
    wire_.output().finish();
    wire_.output().flush();  // the end goes out now: we may be gone by the end of the turn
    return {};
}

Result<void> StreamExchange::move_down() {
    if (down_done_) return {};
    const auto pumped = http::pump(wire_.incoming(), down_);
    if (pumped == Pumped::more) next_turn_.request();
    if (pumped != Pumped::ended) return {};
    if (is_broken(wire_)) return broken_by_system(wire_);
    down_done_ = true;
    down_.finish({});
    return {};
}

void StreamExchange::on_deadline() {
    const auto progress = wire_.progress();
    if (progress == progress_) {
        expired_ = true;
        return down_.event().set();
    }
    progress_ = progress;
    sweep_.add(*this, net::deadline_in(idle_timeout_));
}

}  // namespace sallyport::agent
