#include "rfc/inspector.hpp"
#include "rfc/records.hpp"

#include <algorithm>

namespace sallyport::rfc {

Step Inspector::back_end_record(std::span<std::byte> frame) {
    const auto record = frame.subspan(frame_head_bytes);
    if (phase_ == Phase::gateway_sent) {
        if (record.size() != gateway_record_bytes ||
            read_u8(record, gateway_at::version) != gateway_version)
            return unreadable_back_end("its gateway record is not one of version 2");
        phase_ = Phase::initialize;
        return forward(frame);
    }
    if (record.size() < header_bytes || AppcHeader(record).version() != appc_version)
        return unreadable_back_end("a record is not an APPC record of version 6");
    const AppcHeader header(record);
    if (header.return_code() != 0) return last_words(frame);
    switch (header.function()) {
        case Function::initialize:
        case Function::allocate:
            return set_up_reply(frame);
        case Function::send_data:
            return barrier_reply(frame);
        case Function::deallocate:
            return last_words(frame);
        case Function::sap_send:
        case Function::receive:
            return data_reply(frame);
        case Function::sap_canceled:  // the answer to a client that gave up its call
            if (phase_ == Phase::busy) return last_words(frame);
            return unreadable_back_end("an answer to nothing");
        default:
            return unreadable_back_end("an unexpected function");
    }
}

/// An error, or a message behind which the conversation is over.
Step Inspector::last_words(std::span<std::byte> frame) {
    if (phase_ == Phase::initialize_sent)
        restore_echo(frame.subspan(frame_head_bytes), terms_.identity, echoed_);
    if (phase_ == Phase::busy) reply_.feed(frame.subspan(frame_head_bytes + header_bytes));
    auto step = forward(frame);
    step.close = true;
    step.event = phase_ == Phase::busy ? Event::call_ended : Event::ended;
    phase_ = Phase::over;
    return step;
}

Step Inspector::set_up_reply(std::span<std::byte> frame) {
    const auto record = frame.subspan(frame_head_bytes);
    const AppcHeader header(record);
    if (phase_ == Phase::initialize_sent && header.function() == Function::initialize) {
        std::ranges::copy(header.conversation(), address_.conversation.begin());
        address_.connection = header.connection_index();
        restore_echo(record, terms_.identity, echoed_);
        phase_ = Phase::allocate;
        return forward(frame);
    }
    if (phase_ == Phase::allocate_sent && header.function() == Function::allocate) {
        const auto page = record.subspan(appc_at::code_page, address_.gateway_page.size());
        if (const auto known = code_page_of_digits(page)) {
            back_end_page_ = *known;
            std::ranges::copy(page, address_.gateway_page.begin());
        }
        phase_ = Phase::logon;
        return forward(frame);
    }
    return unreadable_back_end("an answer to nothing");
}

/// The answer to a barrier inside a streamed call.
Step Inspector::barrier_reply(BytesView frame) {
    if (own_barrier_replies_ > 0) {  // the client has had one of ours
        --own_barrier_replies_;
        return {.taken = frame.size()};
    }
    if (phase_ < Phase::logon || frame.size() != frame_head_bytes + header_bytes)
        return unreadable_back_end("an answer to nothing");
    return forward(frame);
}

Step Inspector::data_reply(BytesView frame) {
    const auto record = frame.subspan(frame_head_bytes);
    if (phase_ != Phase::busy) return unreadable_back_end("an answer to nothing");
    reply_.feed(record.subspan(header_bytes));
    if (reply_.is_callback())
        return hang_up(frame.size(), Refusal::callback,
                       "the back end calls a function of the client");
    auto step = forward(frame);
    if (!AppcHeader(record).is_final()) return step;
    if (is_logon_ && reply_.code_page()) back_end_page_ = *reply_.code_page();
    logged_on_ = true;
    phase_ = Phase::idle;
    step.event = Event::call_ended;
    return step;
}

Step Inspector::unreadable_back_end(const char* reason) {
    return hang_up(0, Refusal::back_end, reason);
}

}  // namespace sallyport::rfc
