#include "rfc/refusal_frames.hpp"

#include "rfc/big_endian.hpp"
#include "rfc/items.hpp"
#include "rfc/ni.hpp"
#include "rfc/records.hpp"

#include <algorithm>
#include <cassert>

namespace sallyport::rfc {

namespace {

constexpr std::uint32_t deallocated_normally = 0x12;
constexpr std::uint32_t product_specific_error = 0x14;
constexpr std::uint32_t record_bytes = 28'000;
constexpr std::uint32_t complete = 2;
constexpr std::uint32_t client_may_send = 1;
constexpr std::uint32_t reply_timeout = 500;
constexpr std::string_view exception_number = "000";
constexpr std::string_view error_mark = "*ERR*";

void append_item(Bytes& out, std::uint16_t tag, BytesView value) {
    assert(value.size() < 0xffff);
    append_u16(out, tag);
    append_u16(out, static_cast<std::uint16_t>(value.size()));
    append_bytes(out, value);
    append_u16(out, tag);
}

void append_text_item(Bytes& out, std::uint16_t tag, std::string_view text, CodePage page) {
    append_u16(out, tag);
    const auto size = text.size() * (page == CodePage::ascii ? 1 : 2);
    append_u16(out, static_cast<std::uint16_t>(size));
    append_text(out, text, page);
    append_u16(out, tag);
}

/// A header of 80 zeros, but for the fields that every record has. Its place in `out`.
std::size_t append_header(Bytes& out, Function function, const ReplyAddress& to) {
    const auto at = out.size();
    out.resize(at + header_bytes);
    const auto header = std::span(out).subspan(at);
    write_u8(header, appc_at::version, appc_version);
    write_u8(header, appc_at::function, static_cast<std::uint8_t>(function));
    write_u8(header, appc_at::protocol, external_client);
    write_u16(header, appc_at::uid, to.uid);
    std::ranges::copy(to.conversation, header.subspan(appc_at::conversation).begin());
    write_u16(header, appc_at::comm, to.comm);
    write_u16(header, appc_at::connection, to.connection);
    return at;
}

/// Fills in the header at `at`, behind which `body` bytes of a reply stand.
void finish_data_header(Bytes& out, std::size_t at, const ReplyAddress& to, std::size_t body,
                        AfterRefusal after) {
    const bool ends = after == AfterRefusal::conversation_ends;
    const auto size = static_cast<std::uint32_t>(body);
    const auto header = std::span(out).subspan(at);
    write_u32(header, 12, 0x00010000);
    write_u8(header, appc_at::info3, 0x01);
    write_u32(header, appc_at::timeout, ends ? 0xffffffff : reply_timeout);
    write_u8(header, appc_at::info4, 0x02);
    write_u32(header, appc_at::sequence, 1);
    write_u16(header, appc_at::parameter_bytes, ends ? 0 : trailer_bytes);
    write_u8(header, appc_at::info, ends ? 0x01 : 0x05);
    write_u8(header, appc_at::vector, ends ? 0x08 : 0x0c);
    write_u32(header, appc_at::return_code, ends ? deallocated_normally : 0);
    write_u32(header, appc_at::parameters, ends ? size : record_bytes);
    write_u32(header, appc_at::parameters + 4, complete);
    write_u32(header, appc_at::parameters + 8, size);
    write_u32(header, appc_at::parameters + 12, ends ? 0 : client_may_send);
    std::ranges::copy(to.gateway_page, header.subspan(appc_at::code_page).begin());
}

/// The items before the text, as a real system sends them when a password is wrong.
void append_logon_preamble(Bytes& out) {
    using namespace std::string_view_literals;
    constexpr auto page = CodePage::ascii;
    append_item(out, tag::header, as_bytes("\x01\x01\x01\x01\x01\x01\x00\x00"sv));
    append_item(out, tag::protocol_version, as_bytes("\x00\x00\x0e\x0b"sv));
    append_item(out, tag::capabilities, as_bytes("\x04\x01\x00\x03\x00\x03\x02\x00\x00\x00\x23"sv));
    append_item(out, 0x0161, as_bytes("\x00"sv));
    append_text_item(out, 0x0016, "1100", page);
    append_text_item(out, 0x0450, "SPT", page);
    append_text_item(out, 0x0007, "0.0.0.0        ", page);
    append_item(out, 0x0020, Bytes(46));
    append_item(out, 0x0021, Bytes(10));
    append_text_item(out, 0x0018, "0.0.0.0", page);
    append_text_item(out, 0x0008, "sallyport_SPT_00", page);
    append_text_item(out, 0x0011, "3", page);
    append_text_item(out, 0x0013, "793 ", page);
    append_text_item(out, 0x0012, "758 ", page);
    append_text_item(out, 0x0006, "<unknown>", page);
    append_text_item(out, tag::program, "SAPMSSY1", page);
}

}  // namespace

void append_exception_reply(Bytes& out, const ReplyAddress& to, CodePage page, std::string_view key,
                            std::string_view text, AfterRefusal after) {
    const auto frame = begin_frame(out);
    const auto at = append_header(out, Function::sap_send, to);
    append_item(out, tag::reply, {});
    // The text alone would look like an empty success to some clients.
    append_text_item(out, tag::exception_text, text, page);
    append_text_item(out, tag::exception_number, exception_number, page);
    append_text_item(out, tag::exception_key, key, page);
    append_item(out, tag::end, {});
    finish_data_header(out, at, to, out.size() - at - header_bytes, after);
    end_frame(out, frame);
}

void append_logon_refusal(Bytes& out, const ReplyAddress& to, std::string_view text) {
    const auto frame = begin_frame(out);
    const auto at = append_header(out, Function::sap_send, to);
    append_logon_preamble(out);
    append_item(out, tag::reply, {});
    append_text_item(out, tag::exception_text, text, CodePage::ascii);
    append_item(out, tag::end, {});
    finish_data_header(out, at, to, out.size() - at - header_bytes,
                       AfterRefusal::conversation_ends);
    end_frame(out, frame);
}

void append_error_text(Bytes& out, const ErrorText& error) {
    const auto code = std::to_string(error.code);
    const std::string_view fields[] = {error_mark,
                                       "1",
                                       error.text,
                                       code,
                                       error.component,
                                       error.release,
                                       error.version,
                                       error.module,
                                       error.line,
                                       {},
                                       error.time,
                                       {},
                                       {},
                                       {},
                                       "1",
                                       error.location,
                                       {},
                                       {},
                                       {},
                                       {},
                                       error_mark};
    for (const auto field : fields) {
        append_bytes(out, as_bytes(field));
        append_u8(out, 0);
    }
}

void append_gateway_error(Bytes& out, BytesView request, std::string_view text,
                          std::string_view time) {
    const auto frame = begin_frame(out);
    const auto at = out.size();
    append_bytes(out, request.first(header_bytes));
    append_error_text(out, {.text = text,
                            .code = static_cast<int>(access_not_permitted),
                            .component = "SAP-Gateway",
                            .time = time});
    const auto size = out.size() - at - header_bytes;
    const auto header = std::span(out).subspan(at);
    const AppcHeader asked(request);
    write_u16(header, appc_at::error_bytes, static_cast<std::uint16_t>(size));
    write_u8(header, appc_at::info4, read_u8(header, appc_at::info4) | 0x02);
    write_u16(header, appc_at::parameter_bytes, 0);
    write_u8(header, appc_at::info, asked.info() | info_flag::with_error);
    write_u32(header, appc_at::return_code, product_specific_error);
    write_u32(header, appc_at::sap_return_code, access_not_permitted);
    end_frame(out, frame);
}

void append_deallocate(Bytes& out, const ReplyAddress& conversation) {
    const auto frame = begin_frame(out);
    auto to = conversation;
    to.comm = unassigned;
    append_header(out, Function::deallocate, to);
    end_frame(out, frame);
}

void append_barrier_reply(Bytes& out, const ReplyAddress& to) {
    const auto frame = begin_frame(out);
    const auto at = append_header(out, Function::send_data, to);
    const auto header = std::span(out).subspan(at);
    write_u8(header, appc_at::info4, 0x02);
    write_u8(header, appc_at::info, 0x01);
    end_frame(out, frame);
}

std::string text_of_denied_function(std::string_view function, std::string_view system) {
    std::string text = "Access denied for ";
    text.append(function).append(" on ").append(system);
    return text +
           ". Expose the function module in your Cloud Connector in case it was a valid request.";
}

std::string text_of_denied_system(std::string_view system) {
    std::string text = "Opening connection to ";
    text.append(system);
    return text +
           " denied. Expose the system in your Cloud Connector in case it was a valid request.";
}

std::string text_of_denied_user(std::string_view user, std::string_view client,
                                std::string_view system) {
    std::string text = "Access denied for user ";
    text.append(user.empty() ? "(unnamed)" : user).append(" in client ");
    text.append(client.empty() ? "(unnamed)" : client).append(" on ").append(system);
    return text + ". The mapping lets other clients or users log on.";
}

}  // namespace sallyport::rfc
