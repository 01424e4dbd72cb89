#include "ldap/inspector.hpp"

#include <algorithm>

namespace sallyport::ldap {
namespace {

constexpr std::uint32_t success = 0;
constexpr std::uint32_t sasl_bind_in_progress = 14;  // RFC 4511 section 4.2.2
constexpr auto tls_record = std::byte{0x16};         // a handshake (RFC 8446 section 5.1)
constexpr auto message_start = std::byte{tag::sequence};

const char* reason_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::operation_denied:
            return "`operations` of the mapping does not name it";
        case Refusal::start_tls:
            return "StartTLS would hide all that follows, and `operations` of the mapping is set";
        case Refusal::security_layer:
            return "its authentication can hide all that follows, and `operations` of the mapping "
                   "is set";
        case Refusal::unknown_operation:
            return "a message that is no request of RFC 4511";
        default:
            return "";
    }
}

/// What the client wrote, as far as it can be shown.
std::string printable(std::string_view text) {
    auto shown = std::string(text);
    std::ranges::replace_if(
        shown, [](char c) { return c < ' ' || c > '~'; }, '?');
    return shown;
}

std::string name_of(const Request& request) {
    auto name = std::string(to_text(request.operation));
    if (request.operation == Operation::extended) name += " " + printable(request.oid);
    if (request.authentication == Authentication::sasl)
        name += " with SASL " + printable(request.mechanism);
    return name;
}

}  // namespace

Step Inspector::from_client(BytesView received) {
    if (over_) return {.taken = received.size(), .close = true};
    if (blind_) return {.taken = received.size(), .forward = received};
    if (received.empty()) return {.wanted = 1};
    if (request_left_ != 0) return pass_on(received);
    if (trailer_bytes_ != 0) return trailer(received);
    if (unbound_) return unreadable(received, Refusal::after_unbind, "bytes behind an unbind");
    return request(received);
}

/// What belongs to a message that has been decided.
Step Inspector::pass_on(BytesView received) {
    const auto now = received.first(std::min(request_left_, received.size()));
    request_left_ -= now.size();
    return {.taken = now.size(), .forward = discards_ ? BytesView{} : now};
}

Step Inspector::trailer(BytesView received) {
    const auto head = read_controls_head(received, trailer_bytes_);
    if (head.state == BerReader::State::needs_more) return {.wanted = head.wanted};
    if (head.state == BerReader::State::unreadable)
        return unreadable(received, Refusal::unparsable, head.reason);
    request_left_ = trailer_bytes_;
    trailer_bytes_ = 0;
    return pass_on(received);
}

Step Inspector::request(BytesView received) {
    if (tls_may_begin_ && received.front() == tls_record)
        return unreadable(received, Refusal::unparsable, "TLS has begun (StartTLS)");
    if (layer_may_begin_ && received.front() != message_start)
        return unreadable(received, Refusal::unparsable, "a SASL security layer has begun");
    const auto request = read_request(received);
    const auto& envelope = request.envelope;
    if (envelope.state == BerReader::State::needs_more) return {.wanted = envelope.wanted};
    if (envelope.state == BerReader::State::unreadable)
        return unreadable(received, Refusal::unparsable, envelope.reason);
    remember(request);
    const auto verdict = terms_.policy.decide(request);
    request_left_ = envelope.protocol_end;
    trailer_bytes_ = envelope.message_end - envelope.protocol_end;
    discards_ = verdict != Refusal::none;
    auto step = pass_on(received);
    if (verdict != Refusal::none) return refuse(request, verdict, step.taken);
    if (request.operation == Operation::bind) begin_bind(request);
    unbound_ = request.operation == Operation::unbind;
    tls_may_begin_ = tls_may_begin_ || request.oid == start_tls_oid;
    step.event = Event::allowed;
    return step;
}

void Inspector::remember(const Request& request) {
    dn_ = request.dn;
    mechanism_ = request.mechanism;
    oid_ = request.oid;
    shown_who_ = who_;
    if (binds_overlap_)
        shown_who_ = who_is_unclear;
    else if (binds_ != 0 && !bind_who_.empty())
        shown_who_ = bind_who_ + " (unconfirmed)";
    call_ = {.operation = request.operation,
             .id = request.envelope.id,
             .authentication = request.authentication,
             .dn = dn_,
             .mechanism = mechanism_,
             .oid = oid_,
             .who = shown_who_};
}

/// RFC 4511 section 4.2.1: from the request on nobody is logged on, until the answer.
void Inspector::begin_bind(const Request& request) {
    // Two at once: which answer is whose, and which one counts, is for the back end to know. Nobody
    // shall stand in a record because of a message number that was used twice.
    binds_overlap_ = ++binds_ > 1;
    bind_id_ = request.envelope.id;
    who_.clear();
    bind_who_.clear();
    if (request.authentication == Authentication::simple) {
        bind_who_ = request.dn;
    } else if (request.authentication != Authentication::anonymous) {
        bind_who_ = request.authentication == Authentication::sasl
                        ? "SASL " + std::string(request.mechanism)
                        : "other";
        if (!request.dn.empty()) bind_who_ += " " + std::string(request.dn);
        layer_may_begin_ =
            !is_without_layer(request.mechanism) || request.authentication == Authentication::other;
    }
}

void Inspector::end_bind(const Response& response) {
    if (!response.is_bind_response || binds_ == 0) return;
    if (binds_overlap_) {
        if (--binds_ > 0) return;
        binds_overlap_ = false;
        who_ = who_is_unclear;
        return;
    }
    if (response.envelope.id != bind_id_) return;
    binds_ = 0;
    if (response.result_code == success) who_ = bind_who_;
    if (response.result_code == success || response.result_code == sasl_bind_in_progress) return;
    layer_may_begin_ = false;
}

Step Inspector::refuse(const Request& request, Refusal refusal, std::size_t taken) {
    const auto* const reason = reason_of(refusal);
    if (refusal == Refusal::unknown_operation) return break_off(taken, refusal, reason);
    Step step{.taken = taken, .event = Event::refused, .refusal = refusal, .reason = reason};
    if (response_tag_of(request.operation) == 0) return step;
    const auto code = refusal == Refusal::operation_denied ? ResultCode::insufficient_access_rights
                                                           : ResultCode::unwilling_to_perform;
    const auto text = "Sallyport refuses " + name_of(request) + " on " +
                      std::string(terms_.system) + ": " + reason;
    out_.clear();
    auto& to = between_answers() ? out_ : waiting_;
    append_response(to, request.envelope.id, request.operation, code, text);
    if (waiting_.size() > waiting_answers_bytes_max)
        return break_off(taken, Refusal::too_many_refused,
                         "too many refused operations while the back end is in the middle of an "
                         "answer");
    step.answer = out_;
    return step;
}

/// The end of what can be looked at: of the connection where that matters.
Step Inspector::unreadable(BytesView received, Refusal refusal, const char* reason) {
    if (terms_.policy.judges()) return break_off(received.size(), refusal, reason);
    blind_ = true;
    return {
        .taken = received.size(), .forward = received, .event = Event::unseen, .reason = reason};
}

Step Inspector::break_off(std::size_t taken, Refusal refusal, const char* reason) {
    over_ = true;
    out_.clear();
    if (between_answers())  // in the middle of another message ours would be taken for a part of it
        append_disconnection(
            out_, ResultCode::protocol_error,
            "Sallyport ends the connection to " + std::string(terms_.system) + ": " + reason);
    return {.taken = taken,
            .answer = out_,
            .close = true,
            .event = Event::broken,
            .refusal = refusal,
            .reason = reason};
}

Step Inspector::from_back_end(BytesView received) {
    if (over_) return {.taken = received.size(), .close = true};
    if (blind_ || back_end_is_blind_) return {.taken = received.size(), .forward = received};
    std::size_t at = std::min(answer_left_, received.size());
    answer_left_ -= at;
    // As many messages as are there; if answers of ours wait, they come behind the first.
    while (at < received.size() && waiting_.empty()) {
        const auto response = read_response(received.subspan(at));
        const auto& envelope = response.envelope;
        if (envelope.state == BerReader::State::needs_more) {
            if (at == 0) return {.wanted = envelope.wanted};
            break;
        }
        if (envelope.state == BerReader::State::unreadable) {
            if (!terms_.policy.judges()) {
                back_end_is_blind_ = true;
                return {.taken = received.size(), .forward = received};
            }
            if (at != 0) break;  // what came before it is good
            over_ = true;
            return {.taken = received.size(),
                    .close = true,
                    .event = Event::broken,
                    .refusal = Refusal::back_end,
                    .reason = "the back end sends what cannot be read"};
        }
        end_bind(response);
        const auto now = std::min(envelope.message_end, received.size() - at);
        answer_left_ = envelope.message_end - now;
        at += now;
    }
    if (at == 0) return {.wanted = 1};
    return with_answers(at, received.first(at));
}

Step Inspector::with_answers(std::size_t taken, BytesView forward) {
    if (waiting_.empty() || !between_answers()) return {.taken = taken, .forward = forward};
    out_.assign(forward.begin(), forward.end());
    out_.insert(out_.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
    return {.taken = taken, .forward = out_};
}

}  // namespace sallyport::ldap
