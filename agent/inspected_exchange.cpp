#include "agent/inspected_exchange.hpp"

#include "agent/broken_stream.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace sallyport::agent {

InspectedExchange::InspectedExchange(net::Loop& loop, net::IdleSweep& sweep, http::RawStream& wire,
                                     http::Body& up, http::Answer& down,
                                     StreamInspection& inspection, ExchangeAudit& audit,
                                     const Times& times)
    : sweep_(sweep),
      wire_(wire),
      down_(down),
      inspection_(inspection),
      audit_(audit),
      next_turn_(loop, down.event()),
      times_(times),
      caller_{.from = up},
      system_{.from = wire.incoming()},
      commit_(down.event()),
      setting_up_(!inspection.is_set_up()) {
    sweep_.add(*this, net::deadline_in(setting_up_ ? times_.set_up_timeout : times_.idle_timeout));
}

Result<StreamStep> InspectedExchange::step() {
    if (down_.aborted()) return give_up({Errc::aborted, "the caller went away"});
    if (expired_ != nullptr) {
        if (setting_up_) audit_.end_as(audit::outcome::timed_out, "set_up_timed_out");
        return give_up({Errc::timed_out, expired_});
    }
    wire_.output().send();
    if (auto settled = settle(); !settled) return settled.error();
    flush();
    more_ = false;
    for (auto* side : {&caller_, &system_})
        if (auto looked = look(*side); !looked) return looked.error();
    pass_ends();
    if (more_) next_turn_.request();
    return is_over() ? StreamStep::done : StreamStep::wait;
}

/// Shows the inspection what the side has sent, as far as it can go on.
Result<void> InspectedExchange::look(Side& side) {
    for (std::size_t shown = 0; may_look(side);) {
        if (shown >= http::pump_bytes_max) {
            more_ = true;
            break;
        }
        if (!side.received.empty() && side.received.size() >= side.wanted) {
            const auto step = is_caller(side) ? inspection_.from_caller(side.received.bytes())
                                              : inspection_.from_back_end(side.received.bytes());
            shown += step.taken;
            if (auto applied = apply(step, side); !applied) return applied.error();
            continue;
        }
        const auto bytes = side.from.peek();
        if (bytes.empty()) return end_of(side);
        side.from.consume(side.received.append(bytes, side.wanted));
    }
    return {};
}

/// Not while what the other side is to get, or what this one has been answered, is not taken: so
/// nothing grows, and views into what was received stay valid until they are copied.
bool InspectedExchange::may_look(const Side& side) const {
    return !waiting_ && !closing_ && !side.ended && other(side).outlet.empty() &&
           side.answer_bytes <= unread_answers_bytes_max;
}

Result<void> InspectedExchange::end_of(Side& side) {
    side.received.shrink();
    if (side.from.state() == http::Body::State::flowing) return {};
    if (is_caller(side) && side.from.state() == http::Body::State::cut)
        return give_up({Errc::aborted, "the caller broke off"});
    if (!is_caller(side) && is_broken(wire_)) return give_up(broken_by_system(wire_));
    side.ended = true;
    return apply(is_caller(side) ? inspection_.caller_ended() : inspection_.back_end_ended(), side);
}

Result<void> InspectedExchange::apply(const InspectionStep& step, Side& side) {
    side.wanted = step.taken == 0 ? std::max(step.wanted, side.received.size() + 1) : 0;
    if (side.wanted > received_bytes_max && !step.close)
        return give_up({Errc::limit, "a message is too large to be looked at"});
    side.received.take(step.taken);
    if (step.recorded) {
        audit_.make_safe(commit_);
        waiting_ = true;
        from_caller_ = is_caller(side);
        caller_.outlet.hold();
        system_.outlet.hold();
    }
    forwarded_ += step.forward.size();
    put(other(side), step.forward);
    put(side, step.answer);
    if (!side.outlet.empty()) side.answer_bytes += step.answer.size();
    if (step.close) {
        closing_ = true;
        sweep_.add(*this, net::deadline_in(closing_timeout));
    }
    return settle();
}

/// Goes on when the records are safe, or never will be.
Result<void> InspectedExchange::settle() {
    if (!waiting_ || commit_.pending()) return {};
    waiting_ = false;
    caller_.outlet.release();
    system_.outlet.release();
    if (!commit_.safe() && from_caller_ && !audit_.does_without()) {
        system_.outlet.drop();
        audit_.end_as(audit::outcome::failed, "audit_unavailable");
        return give_up({Errc::unavailable, "the audit log cannot be written"});
    }
    flush();
    return {};
}

void InspectedExchange::put(Side& side, BytesView bytes) {
    if (is_caller(side))
        side.outlet.put(bytes, down_);
    else
        side.outlet.put(bytes, wire_);
}

void InspectedExchange::flush() {
    caller_.outlet.flush(down_);
    system_.outlet.flush(wire_);
    for (auto* side : {&caller_, &system_})
        if (side->outlet.empty()) side->answer_bytes = 0;
}

/// A side learns that the other one has finished when it has got everything that came before.
void InspectedExchange::pass_ends() {
    if (waiting_) return;
    if ((caller_.ended || closing_) && !system_.finished && system_.outlet.empty()) {
        system_.finished = true;
        wire_.output().finish();
        wire_.output().flush();  // the end goes out now: we may be gone by the end of the turn
    }
    if ((system_.ended || closing_) && !caller_.finished && caller_.outlet.empty()) {
        caller_.finished = true;
        down_.finish({});
    }
}

bool InspectedExchange::is_over() {
    if (!caller_.finished || !system_.finished) return false;
    return wire_.output().failed() || (wire_.output().all_sent() && wire_.duplex().all_out());
}

Error InspectedExchange::give_up(const Error& why) {
    const auto farewell = inspection_.broken_off(why);
    // Behind a part of something it would be taken for its rest.
    if (farewell.empty() || !system_.outlet.empty() || system_.finished) return why;
    if (wire_.write_failed() || wire_.write(farewell) != farewell.size()) return why;
    wire_.output().finish();
    wire_.output().flush();
    said_farewell_ = !wire_.output().failed() && wire_.output().all_sent();
    return why;
}

void InspectedExchange::on_deadline() {
    const bool goes_on =
        !closing_ && (setting_up_ ? inspection_.is_set_up() : forwarded_ != progress_);
    if (goes_on) {
        setting_up_ = false;
        progress_ = forwarded_;
        return sweep_.add(*this, net::deadline_in(times_.idle_timeout));
    }
    expired_ = closing_      ? "the last words were not taken in time"
               : setting_up_ ? "the connection was not set up in time"
                             : "nothing moved within idle_timeout";
    down_.event().set();
}

}  // namespace sallyport::agent
