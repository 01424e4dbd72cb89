#include "rfc/inspector.hpp"
#include "rfc/record_shapes.hpp"
#include "rfc/records.hpp"

#include <algorithm>

namespace sallyport::rfc {

namespace {

bool is_registration(std::uint8_t function) {
    return function == static_cast<std::uint8_t>(Function::sap_init) ||
           (function >= static_cast<std::uint8_t>(Function::sap_register_first) &&
            function <= static_cast<std::uint8_t>(Function::sap_register_last));
}

bool is_set_up(Function function) {
    return function == Function::initialize || function == Function::set_partner_lu ||
           function == Function::allocate;
}

bool is_data(Function function) {
    return function == Function::sap_send || function == Function::async_send_data ||
           function == Function::send_data || function == Function::receive;
}

}  // namespace

Step Inspector::client_record(std::span<std::byte> frame) {
    if (phase_ == Phase::gateway) return gateway_record(frame);
    const auto record = frame.subspan(frame_head_bytes);
    if (record.size() < header_bytes)
        return break_off(frame, Refusal::unparsable, "a record is shorter than its header");
    const AppcHeader header(record);
    auto refusal = judge_header(header);
    if (refusal != Refusal::none) return break_off(frame, refusal, reason_);
    const auto function = header.function();
    if (phase_ < Phase::logon && is_set_up(function)) return set_up_record(frame, header);
    if (phase_ < Phase::allocate || !is_of_this_conversation(header))
        return break_off(frame, Refusal::state, "a record that does not belong here");
    if (function == Function::deallocate) return end_of_conversation(frame);
    if (function == Function::sap_cancel) return cancel(frame);
    if (is_data(function) && (phase_ == Phase::logon || phase_ == Phase::idle))
        return message_record(frame, header);
    return break_off(frame, Refusal::state,
                     phase_ == Phase::busy ? "a second call before the answer to the first"
                                           : "a record that does not belong here");
}

/// What every APPC record of a client must be like.
Refusal Inspector::judge_header(const AppcHeader& header) {
    if (header.version() != appc_version)
        return because(Refusal::version, "only APPC records of version 6 are offered");
    if (!is_known_function(header.function_number()))
        return because(Refusal::unknown_function, "an APPC function that nobody has described");
    if (header.is_snc()) return because(Refusal::snc, "what SNC encrypts cannot be judged");
    if (is_registration(header.function_number()))
        return because(Refusal::setup, "programs may not register here");
    if (header.protocol() != external_client)
        return because(Refusal::setup, "only calls of external clients are offered");
    if (header.function() == Function::accept)
        return because(Refusal::setup, "conversations of ABAP systems are not offered");
    return Refusal::none;
}

bool Inspector::is_of_this_conversation(const AppcHeader& header) const {
    return header.connection_index() == address_.connection &&
           std::ranges::equal(header.conversation(), address_.conversation);
}

Step Inspector::gateway_record(std::span<std::byte> frame) {
    const auto record = frame.subspan(frame_head_bytes);
    if (record.size() != gateway_record_bytes ||
        read_u8(record, gateway_at::version) != gateway_version)
        return hang_up(frame.size(), Refusal::setup, "not a gateway record of version 2");
    if (read_u8(record, gateway_at::type) != normal_client)
        return hang_up(frame.size(), Refusal::setup, "not a client's gateway record");
    if (read_u8(record, gateway_at::appc_version) != appc_version)
        return hang_up(frame.size(), Refusal::version, "only APPC version 6 is offered");
    // The gateway shall not offer what could not be judged.
    const auto accept = read_u8(record, gateway_at::accept);
    write_u8(record, gateway_at::accept, static_cast<std::uint8_t>(accept & ~accept_flag::snc));
    phase_ = Phase::gateway_sent;
    return forward(frame);
}

Step Inspector::set_up_record(std::span<std::byte> frame, const AppcHeader& header) {
    if (const char* wrong = misshape_of_set_up(header))
        return break_off(frame, Refusal::setup, wrong);
    const auto function = header.function();
    if (phase_ == Phase::initialize && function == Function::initialize)
        return initialize_record(frame);
    if (phase_ == Phase::allocate && is_of_this_conversation(header)) {
        if (function == Function::set_partner_lu) return partner_record(frame);
        if (function == Function::allocate) return allocate_record(frame);
    }
    return break_off(frame, Refusal::state, "a record that does not belong here");
}

Step Inspector::initialize_record(std::span<std::byte> frame) {
    const auto record = frame.subspan(frame_head_bytes);
    const AppcHeader header(record);
    if (record.size() != initialize_bytes ||
        header.parameter_bytes() != initialize_bytes - header_bytes)
        return break_off(frame, Refusal::setup, "INITIALIZE has another size than it should");
    const auto refusal = adapt_initialize(record, terms_.identity, echoed_);
    if (refusal == Refusal::host_denied)
        return break_off(frame, refusal, "the client names another system");
    if (refusal != Refusal::none)
        return break_off(frame, refusal, "only conversations with ABAP systems are offered");
    address_.uid = header.uid();
    address_.comm = header.comm_index();
    phase_ = Phase::initialize_sent;
    return forward(frame);
}

Step Inspector::partner_record(std::span<std::byte> frame) {
    const auto record = frame.subspan(frame_head_bytes);
    if (record.size() != partner_bytes ||
        AppcHeader(record).parameter_bytes() != partner_bytes - header_bytes)
        return break_off(frame, Refusal::setup, "SET_PARTNER_LU_NAME has a wrong size");
    const auto refusal = adapt_partner(record, terms_.identity);
    if (refusal == Refusal::host_denied)
        return break_off(frame, refusal, "the client names another system");
    if (refusal != Refusal::none)
        return break_off(frame, refusal, "a host address beside the name of the host");
    return forward(frame);
}

Step Inspector::allocate_record(std::span<std::byte> frame) {
    if (frame.size() != frame_head_bytes + header_bytes)
        return break_off(frame, Refusal::setup, "ALLOCATE has another size than it should");
    phase_ = Phase::allocate_sent;
    return forward(frame);
}

Step Inspector::end_of_conversation(BytesView frame) {
    if (frame.size() != frame_head_bytes + header_bytes)
        return break_off(frame, Refusal::unparsable, "DEALLOCATE with data");
    if (const char* wrong = misshape_of(frame.subspan(frame_head_bytes), RecordShape::deallocate))
        return break_off(frame, Refusal::ambiguous, wrong);
    phase_ = Phase::over;
    held_.clear();
    auto step = forward(frame);
    step.close = true;
    step.event = Event::ended;
    return step;
}

Step Inspector::cancel(BytesView frame) {
    if (phase_ != Phase::busy || frame.size() != frame_head_bytes + header_bytes)
        return break_off(frame, Refusal::state, "nothing is under way that could be cancelled");
    if (const char* wrong = misshape_of(frame.subspan(frame_head_bytes), RecordShape::cancel))
        return break_off(frame, Refusal::ambiguous, wrong);
    return forward(frame);
}

}  // namespace sallyport::rfc
