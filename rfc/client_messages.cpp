#include "rfc/inspector.hpp"
#include "rfc/record_shapes.hpp"
#include "rfc/records.hpp"

namespace sallyport::rfc {

/// One record of a message. Everything of it is judged before the back end gets its end, without
/// which the back end cannot begin; a message of one record is judged before it gets anything.
Step Inspector::message_record(BytesView frame, const AppcHeader& header) {
    const auto record = frame.subspan(frame_head_bytes);
    BytesView items;
    auto refusal = continues_message(header, record.size());
    if (refusal == Refusal::none) refusal = judge_shape(record, header);
    if (refusal == Refusal::none) refusal = items_of(record, header, items);
    if (refusal != Refusal::none) return break_off(frame, refusal, reason_);
    refusal = request_.feed(items);
    const bool last = ends_message(header);
    if (refusal == Refusal::none && last) refusal = request_.finish();
    if (refusal != Refusal::none) return break_off(frame, refusal, request_.reason());

    const bool was_undecided = course_ == Course::undecided;
    if (was_undecided) decide(last);
    if (last) collecting_ = Collecting::nothing;
    if (course_ == Course::undecided) return held_record(frame, header);
    if (course_ == Course::discard) return discarded_record(frame, header, last);
    auto step = allowed_record(frame, header, last);
    if (was_undecided && step.event == Event::none) step.event = Event::call_allowed;
    return step;
}

/// Whether a record may stand here in its message, which it begins if none is under way.
Refusal Inspector::continues_message(const AppcHeader& header, std::size_t record_bytes) {
    const auto function = header.function();
    const bool final = header.is_final();
    if (header.is_marked_final() != final || (!final && header.parameter_bytes() != 0))
        return because(Refusal::ambiguous, "whether a record is the last one is not clear");
    if (collecting_ == Collecting::nothing) {
        const bool async = function == Function::async_send_data;
        if (!async && function != Function::sap_send)
            return because(Refusal::state, "a record that continues nothing");
        begin_message(async ? Collecting::async_sends : Collecting::sends);
        if (final && !async) return Refusal::none;
    } else if (collecting_ == Collecting::sends ? function != Function::receive
                                                : function == Function::sap_send) {
        return because(Refusal::state, "a record inside a message of another kind");
    }
    if (final && collecting_ == Collecting::async_sends)
        return because(Refusal::ambiguous, "whether a record is the last one is not clear");
    if (record_bytes > streamed_record_bytes_max)
        return because(Refusal::too_large, "a record of a message in several is above 64 KiB");
    return Refusal::none;
}

/// Whether the gateway finds the items where they are looked for here.
Refusal Inspector::judge_shape(BytesView record, const AppcHeader& header) {
    auto shape = header.is_final() ? RecordShape::last_part : RecordShape::part;
    if (collecting_ == Collecting::async_sends) {
        const auto function = header.function();
        shape = function == Function::async_send_data ? RecordShape::async_send
                : function == Function::send_data     ? RecordShape::barrier
                                                      : RecordShape::end;
    }
    const char* wrong = misshape_of(record, shape);
    return because(wrong == nullptr ? Refusal::none : Refusal::ambiguous, wrong);
}

/// The items of a record: what lies between its header and, if it is the last one, its trailer.
Refusal Inspector::items_of(BytesView record, const AppcHeader& header, BytesView& items) {
    items = record.subspan(header_bytes);
    if (collecting_ == Collecting::async_sends) {
        if (header.function() == Function::receive)
            return because(items.empty() ? Refusal::none : Refusal::unparsable,
                           "RECEIVE with data");
        if (items.empty() || read_u32(record, appc_at::parameters) != items.size())
            return because(Refusal::unparsable, "a record does not say its length");
        return Refusal::none;
    }
    if (!header.is_final())
        return because(items.empty() ? Refusal::unparsable : Refusal::none,
                       "a record with neither data nor an end");
    if (items.size() < trailer_bytes)
        return because(Refusal::unparsable, "the last record has no trailer");
    const auto trailer = items.last(trailer_bytes);
    items = items.first(items.size() - trailer_bytes);
    // The first number, the length, is wrong in some clients; gateways do not look at it.
    const auto found = read_u32(trailer, 4);
    return because(
        found == record_size || found == older_record_size ? Refusal::none : Refusal::unparsable,
        "the items are not followed by a trailer");
}

bool Inspector::ends_message(const AppcHeader& header) const {
    if (collecting_ == Collecting::async_sends) return header.function() == Function::receive;
    return header.is_final();
}

void Inspector::begin_message(Collecting how) {
    collecting_ = how;
    course_ = Course::undecided;
    decision_ = {};
    ++messages_;
    is_logon_ = phase_ == Phase::logon;
    drop_held();
    request_.begin(is_logon_ ? MessageKind::logon : MessageKind::call, terms_.policy.unknown_items);
}

/// Decides as soon as everything that decides is known: a call by its name, a logon at its end.
void Inspector::decide(bool complete) {
    if (is_logon_ ? !complete : request_.function().empty()) return;
    decision_ = decide_function(terms_.policy, request_.function(), now_);
    verdict_ = decision_.refusal;
    if (is_logon_) {
        const auto logon = request_.logon();
        client_.assign(logon.client.value_or(""));
        user_.assign(logon.user.value_or(""));
        if (verdict_ == Refusal::none) verdict_ = decide_logon(terms_.policy, logon);
    }
    course_ = verdict_ == Refusal::none ? Course::pass : Course::discard;
}

Step Inspector::allowed_record(BytesView frame, const AppcHeader& header, bool last) {
    // The record with the last item waits for the end of the message: only then nothing can follow.
    if (!last && request_.ended()) return held_record(frame, header);
    if (last) {
        phase_ = Phase::busy;
        reply_.begin();
    }
    if (held_.empty()) return forward(frame);
    append_bytes(held_, frame);
    own_barrier_replies_ += held_barriers_;
    held_barriers_ = 0;
    sent_.swap(held_);
    held_.clear();
    return {.taken = frame.size(), .forward = sent_};
}

/// Takes a copy of the record. The client waits behind a barrier, so that is answered here; the
/// back end's own answer, should the record go there, is then one too many.
Step Inspector::held_record(BytesView frame, const AppcHeader& header) {
    if (held_.size() + frame.size() > held_bytes_max)
        return break_off(frame, Refusal::too_large,
                         "512 KiB of a message did not say who logs on or what is called");
    append_bytes(held_, frame);
    Step step{.taken = frame.size()};
    if (header.function() != Function::send_data) return step;
    ++held_barriers_;
    step.answer = barrier_answer();
    return step;
}

/// The client reads no answer before the end of its message, so its rest is read and forgotten.
Step Inspector::discarded_record(BytesView frame, const AppcHeader& header, bool last) {
    drop_held();
    if (last) return refuse_call(frame.size());
    Step step{.taken = frame.size()};
    if (header.function() == Function::send_data) step.answer = barrier_answer();
    return step;
}

BytesView Inspector::barrier_answer() {
    answer_.clear();
    append_barrier_reply(answer_, address_);
    return answer_;
}

void Inspector::drop_held() {
    Bytes().swap(held_);  // large messages are rare: the memory is given back
    Bytes().swap(sent_);
    held_barriers_ = 0;
}

Step Inspector::refuse_call(std::size_t taken) {
    const bool ends = is_logon_ || terms_.after_refusal == AfterRefusal::conversation_ends;
    answer_.clear();
    const bool about_user = verdict_ == Refusal::client_denied || verdict_ == Refusal::user_blocked;
    const bool with_ticket = verdict_ == Refusal::user_blocked && request_.logon().has_ticket;
    const auto user = with_ticket ? std::string_view("(of a ticket)") : user_.view();
    const auto text = about_user ? text_of_denied_user(user, client_.view(), terms_.system)
                                 : text_of_denied_function(request_.function(), terms_.system);
    if (is_logon_) {
        append_logon_refusal(answer_, address_, text);
    } else {
        append_exception_reply(answer_, address_, back_end_page_, "RFC_NO_AUTHORITY", text,
                               terms_.after_refusal);
    }
    if (ends) phase_ = Phase::over;
    return {.taken = taken,
            .answer = answer_,
            .close = ends,
            .event = Event::call_refused,
            .refusal = verdict_,
            .reason = with_ticket  ? "the mapping blocks users, and a ticket does not say in clear "
                                     "who logs on"
                      : about_user ? "the mapping does not let this user or client, or one that "
                                     "is not clearly said, log on"
                                   : "no rule of the mapping allows this function"};
}

}  // namespace sallyport::rfc
