#pragma once

#include "base/bytes.hpp"
#include "rfc/refusal.hpp"
#include "rfc/text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Refusals as bytes (docs/RFC.md#answers). Each function appends one whole NI frame.
namespace sallyport::rfc {

/// To whom an answer goes.
struct ReplyAddress {
    std::uint16_t uid = 0xffff;
    std::array<std::byte, 8> conversation{};
    std::uint16_t comm = 0;        // as in the client's INITIALIZE
    std::uint16_t connection = 0;  // as the gateway assigned it
    /// What the gateway calls its code page, e.g. "4103".
    std::array<std::byte, 4> gateway_page{std::byte{'4'}, std::byte{'1'}, std::byte{'0'},
                                          std::byte{'3'}};
};

enum class AfterRefusal {
    conversation_stays,  // the client may call again
    conversation_ends,   // the connection is closed behind it
};

/// A call is answered with an ABAP exception: key and text, in the back end's code page.
void append_exception_reply(Bytes& out, const ReplyAddress& to, CodePage page, std::string_view key,
                            std::string_view text, AfterRefusal after);

/// A logon is answered like one with a wrong password, with this text. The conversation ends.
void append_logon_refusal(Bytes& out, const ReplyAddress& to, std::string_view text);

/// The text block of gateways and SAProuters: fields that end with NUL.
struct ErrorText {
    std::string_view text{};
    int code = 0;
    std::string_view component{};
    std::string_view release = "753";
    std::string_view version = "2";
    std::string_view module = "agent";
    std::string_view line = "0";
    std::string_view time{};  // e.g. "Sat Nov 21 02:00:00 2026"; may be empty
    std::string_view location = "connectivity agent";
};
void append_error_text(Bytes& out, const ErrorText& error);

/// "This host may not reach the server", which gateways answer where a system is not released.
inline constexpr std::uint32_t access_not_permitted = 748;

/// A set-up record is answered with the header it came with and a gateway error.
/// `request` is its 80 bytes, names as the client sent them.
void append_gateway_error(Bytes& out, BytesView request, std::string_view text,
                          std::string_view time = {});

/// DEALLOCATE: the end of a conversation, as a client says it.
void append_deallocate(Bytes& out, const ReplyAddress& conversation);

/// An empty SEND_DATA: the answer to a barrier inside a streamed call.
void append_barrier_reply(Bytes& out, const ReplyAddress& to);

/// What SAP's product says, since tools match on it. `system` is like "abap.virtual:sapgw00".
std::string text_of_denied_function(std::string_view function, std::string_view system);
std::string text_of_denied_system(std::string_view system);
/// Ours; the product has no text for it.
std::string text_of_denied_user(std::string_view user, std::string_view client,
                                std::string_view system);

}  // namespace sallyport::rfc
