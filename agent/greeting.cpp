#include "agent/greeting.hpp"

#include "ldap/ber.hpp"
#include "ldap/message.hpp"
#include "rfc/ni.hpp"

#include <string_view>

namespace sallyport::agent {
namespace {

using mappings::Protocol;
using State = Greeting::State;

constexpr std::size_t quoted_bytes = 100;
constexpr auto tls_alert = std::byte{0x15};  // RFC 8446 section 5.1

/// As a person may read it.
std::string quoted(BytesView received) {
    std::string text;
    for (const char c : as_text(received).substr(0, quoted_bytes)) {
        if (c == '\r' || c == '\n') break;
        text += c >= ' ' && c <= '~' ? c : '?';
    }
    return "\"" + text + "\"";
}

Greeting wrong(BytesView received) {
    if (received.empty()) return {State::wrong, "it closed the connection without a word"};
    if (received.front() == tls_alert)
        return {State::wrong,
                "it answered with a TLS alert, so it expects TLS from the first byte"};
    return {State::wrong, "it said " + quoted(received)};
}

/// A line that begins with `good`; one that begins with `busy` is a system that says no.
Greeting read_line(BytesView received, bool ended, std::string_view good, std::string_view busy) {
    const auto text = as_text(received);
    const auto known = text.substr(0, good.size());
    const bool can_be_busy = !busy.empty() && busy.starts_with(text.substr(0, busy.size()));
    if (known != good.substr(0, known.size()) && !can_be_busy) return wrong(received);
    const bool is_whole = text.find('\n') != std::string_view::npos;
    if (!is_whole && (ended || text.size() > greeting_bytes_max)) return wrong(received);
    if (!is_whole) return {};
    if (text.starts_with(good)) return {State::good, quoted(received)};
    return {State::wrong, "it takes no connections now: " + quoted(received)};
}

/// RFC 4253 section 4.2: other lines may come first.
Greeting read_ssh(BytesView received, bool ended) {
    auto rest = received;
    while (true) {
        const auto text = as_text(rest);
        const auto end = text.find('\n');
        if (text.starts_with("SSH-2.0-") || text.starts_with("SSH-1.99-")) {
            if (end != std::string_view::npos) return {State::good, quoted(rest)};
        } else if (text.starts_with("SSH-") && end != std::string_view::npos) {
            return wrong(rest);
        }
        if (ended || received.size() > greeting_bytes_max) return wrong(received);
        if (end == std::string_view::npos) return {};
        rest = rest.subspan(end + 1);
    }
}

constexpr std::uint32_t question_id = 1;

/// A search for the root DSE (RFC 4512 section 5.1) without any attribute.
Bytes ldap_question() {
    using namespace ldap;
    constexpr std::uint8_t search = 0x63, boolean = 0x01, present = 0x87;
    Bytes body;
    append_element(body, tag::octets, {});    // the root
    append_number(body, tag::enumerated, 0);  // itself only
    append_number(body, tag::enumerated, 0);  // aliases do not matter
    append_number(body, tag::integer, 1);     // entries
    append_number(body, tag::integer, 5);     // seconds
    append_number(body, boolean, 0);          // with values
    append_element(body, present, as_bytes("objectClass"));
    Bytes attributes;
    append_element(attributes, tag::octets, as_bytes("1.1"));  // RFC 4511 section 4.5.1.8: none
    append_element(body, tag::sequence, attributes);
    Bytes message;
    append_number(message, tag::integer, question_id);
    append_element(message, search, body);
    Bytes out;
    append_element(out, tag::sequence, message);
    return out;
}

Greeting read_ldap(BytesView received, bool ended) {
    constexpr std::uint8_t entry = 0x64, reference = 0x73, done = 0x65;
    const auto response = ldap::read_response(received);
    const auto& head = response.envelope;
    if (received.empty() || head.state == ldap::BerReader::State::needs_more)
        return ended ? wrong(received) : Greeting{};
    const bool is_answer = head.state == ldap::BerReader::State::good && head.id == question_id &&
                           (head.tag == entry || head.tag == reference || head.tag == done);
    if (is_answer) return {State::good, "it answers a search for its root"};
    return wrong(received);
}

/// A gateway answers a ping on any connection (docs/RFC.md#frames).
Greeting read_pong(BytesView received, bool ended) {
    const auto head = rfc::read_frame_head(received);
    if (head.state == rfc::FrameHead::State::needs_more)
        return ended ? wrong(received) : Greeting{};
    if (head.state == rfc::FrameHead::State::too_large) return wrong(received);
    switch (rfc::kind_of(
        received.subspan(rfc::frame_head_bytes, head.frame_bytes - rfc::frame_head_bytes))) {
        case rfc::FrameKind::pong:
            return {State::good, "it answers NI_PING"};
        case rfc::FrameKind::router_error:
            return {State::wrong, "it is a SAProuter, which refuses to go on"};
        default:
            return wrong(received);
    }
}

}  // namespace

bool has_greeting(Protocol protocol) {
    switch (protocol) {
        case Protocol::ldap:
        case Protocol::ldaps:
        case Protocol::smtp:
        case Protocol::imap:
        case Protocol::pop3:
        case Protocol::sftp:
        case Protocol::rfc:
            return true;
        default:
            return false;
    }
}

Bytes greeting_question(Protocol protocol) {
    if (protocol == Protocol::ldap || protocol == Protocol::ldaps) return ldap_question();
    if (protocol != Protocol::rfc) return {};
    const auto ping = rfc::ping_frame();
    return {ping.begin(), ping.end()};
}

Bytes greeting_farewell(Protocol protocol) {
    constexpr std::string_view unbind("\x30\x05\x02\x01\x02\x42\x00", 7);
    std::string_view words;
    if (protocol == Protocol::smtp || protocol == Protocol::pop3) words = "QUIT\r\n";
    if (protocol == Protocol::imap) words = "a LOGOUT\r\n";
    if (protocol == Protocol::ldap || protocol == Protocol::ldaps) words = unbind;
    const auto bytes = as_bytes(words);
    return {bytes.begin(), bytes.end()};
}

Greeting read_greeting(Protocol protocol, BytesView received, bool ended) {
    switch (protocol) {
        case Protocol::smtp:  // RFC 5321 section 4.2: 220, and 421 or 554 where it serves nobody
            return received.empty() || received.front() == std::byte{'2'}
                       ? read_line(received, ended, "220", {})
                       : read_line(received, ended, "220",
                                   received.front() == std::byte{'4'} ? "421" : "554");
        case Protocol::imap:  // RFC 9051 section 7.1
            return as_text(received).starts_with("* P")
                       ? read_line(received, ended, "* PREAUTH", {})
                       : read_line(received, ended, "* OK", "* BYE");
        case Protocol::pop3:  // RFC 1939 section 3
            return read_line(received, ended, "+OK", "-ERR");
        case Protocol::sftp:
            return read_ssh(received, ended);
        case Protocol::rfc:
            return read_pong(received, ended);
        case Protocol::ldap:
        case Protocol::ldaps:
            return read_ldap(received, ended);
        default:
            return {State::good, {}};
    }
}

}  // namespace sallyport::agent
