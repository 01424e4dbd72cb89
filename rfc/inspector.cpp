#include "rfc/inspector.hpp"

#include <array>
#include <ctime>

namespace sallyport::rfc {

Inspector::Inspector(const Terms& terms) : terms_(terms) {}

Step Inspector::from_client(std::span<std::byte> received) {
    if (phase_ == Phase::over) return {.taken = received.size(), .close = true};
    const auto head = read_frame_head(received);
    if (head.state == FrameHead::State::too_large || head.frame_bytes > client_frame_bytes_max())
        return too_long_frame(received.size());
    if (head.state == FrameHead::State::needs_more) return {.wanted = head.frame_bytes};
    const auto frame = received.first(head.frame_bytes);
    const auto kind = kind_of(frame.subspan(frame_head_bytes));
    if (kind == FrameKind::record) return client_record(frame);
    if (kind == FrameKind::route || kind == FrameKind::router_error)
        return hang_up(frame.size(), Refusal::setup, "a SAProuter's frame from a client");
    return keep_alive(kind, frame.size());
}

/// Who has not logged on yet shall not make the agent gather much.
std::size_t Inspector::client_frame_bytes_max() const {
    if (phase_ < Phase::logon) return set_up_frame_bytes_max;
    return logged_on_ ? frame_head_bytes + frame_bytes_max : logon_frame_bytes_max;
}

Step Inspector::too_long_frame(std::size_t received) {
    if (phase_ < Phase::logon)
        return hang_up(received, Refusal::setup,
                       "a frame is longer than any that sets up a conversation");
    return hang_up(received, Refusal::too_large,
                   logged_on_ ? "the length of a frame is above 1 MiB"
                              : "a frame before the end of the logon is above 64 KiB");
}

Step Inspector::from_back_end(std::span<std::byte> received) {
    if (phase_ == Phase::over) return {.taken = received.size(), .close = true};
    const auto head = read_frame_head(received);
    if (head.state == FrameHead::State::needs_more) return {.wanted = head.frame_bytes};
    if (head.state == FrameHead::State::too_large)
        return unreadable_back_end("the length of a frame is above 1 MiB");
    const auto frame = received.first(head.frame_bytes);
    const auto kind = kind_of(frame.subspan(frame_head_bytes));
    if (kind == FrameKind::record) return back_end_record(frame);
    if (kind == FrameKind::route) return unreadable_back_end("a route from a back end");
    if (kind != FrameKind::router_error) return keep_alive(kind, frame.size());
    auto step = forward(frame);  // a SAProuter on the way gave up
    step.close = true;
    step.event = Event::broken;
    step.refusal = Refusal::back_end;
    step.reason = "a SAProuter on the way to the back end reports an error";
    phase_ = Phase::over;
    return step;
}

Step Inspector::keep_alive(FrameKind kind, std::size_t frame_bytes) const {
    // Not passed on: a dead peer on one side must not look alive on the other.
    if (kind == FrameKind::ping) return {.taken = frame_bytes, .answer = pong_frame()};
    return {.taken = frame_bytes};
}

Step Inspector::forward(BytesView frame) const { return {.taken = frame.size(), .forward = frame}; }

Refusal Inspector::because(Refusal refusal, const char* reason) {
    if (refusal != Refusal::none) reason_ = reason;
    return refusal;
}

/// Closes without a word: there is no way to say anything yet, or any more.
Step Inspector::hang_up(std::size_t taken, Refusal refusal, const char* reason) {
    phase_ = Phase::over;
    held_.clear();
    return {.taken = taken,
            .close = true,
            .event = Event::broken,
            .refusal = refusal,
            .reason = reason};
}

/// As gateways write it, "Sat Nov 21 02:00:00 2026", in UTC; "" as long as nobody said the time.
std::string Inspector::time_text(std::chrono::system_clock::time_point now) {
    if (now == std::chrono::system_clock::time_point::max()) return {};
    const auto seconds = std::chrono::system_clock::to_time_t(now);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y", &parts)};
}

/// Closes with an answer in the form that the client expects at this point.
Step Inspector::break_off(BytesView frame, Refusal refusal, const char* reason) {
    const auto phase = phase_;
    auto step = hang_up(frame.size(), refusal, reason);
    // In the middle of an answer ours would be taken for a part of it.
    if (phase == Phase::gateway || phase == Phase::gateway_sent || phase == Phase::busy)
        return step;
    answer_.clear();
    if (phase == Phase::idle) {
        append_exception_reply(answer_, address_, back_end_page_, "SALLYPORT_REFUSED", reason,
                               AfterRefusal::conversation_ends);
    } else if (phase == Phase::logon) {
        append_logon_refusal(answer_, address_, reason);
    } else if (frame.size() >= frame_head_bytes + header_bytes) {
        const auto text = refusal == Refusal::host_denied ? text_of_denied_system(terms_.system)
                                                          : std::string(reason);
        append_gateway_error(answer_, frame.subspan(frame_head_bytes), text, time_text(now_));
    }
    step.answer = answer_;
    return step;
}

Call Inspector::call() const {
    return {.function = request_.function(),
            .client = client_.view(),
            .user = user_.view(),
            .is_logon = is_logon_,
            .number = messages_,
            .decision = decision_,
            .request_bytes = request_.bytes(),
            .reply_bytes = reply_.bytes(),
            .reply_is_error = reply_.is_error()};
}

BytesView Inspector::farewell() {
    const bool assigned = phase_ > Phase::initialize_sent && phase_ != Phase::over;
    phase_ = Phase::over;
    if (!assigned) return {};
    answer_.clear();
    append_deallocate(answer_, address_);
    return answer_;
}

}  // namespace sallyport::rfc
