#include "base/bytes.hpp"
#include "http/h1_characters.hpp"
#include "http/h1_codec.hpp"
#include "http/h1_fields.hpp"

#include <algorithm>

namespace sallyport::http::h1 {
namespace {

constexpr std::string_view version_start = "HTTP/1.";
constexpr std::size_t reason_at = 13;  // "HTTP/1.1 200 "

/// `HTTP/1.x SP 3DIGIT [SP reason] CRLF`. Some servers leave out the blank before an empty reason,
/// which can only be read in one way.
Outcome read_status_line(Cursor& cursor, ResponseParse& parse) {
    const std::string_view text(cursor.at, static_cast<std::size_t>(cursor.end - cursor.at));
    const auto start = text.substr(0, version_start.size());
    if (start != version_start.substr(0, start.size()))
        return refuse(parse, 400, "the response does not start with HTTP/1");
    if (text.size() < reason_at + 1) return Outcome::needs_more;
    if ((text[7] != '0' && text[7] != '1') || text[8] != ' ')
        return refuse(parse, 505, "the versions spoken here are HTTP/1.1 and 1.0");
    if (text[9] < '1' || !is_digit(text[9]) || !is_digit(text[10]) || !is_digit(text[11]))
        return refuse(parse, 400, "the status is not a number of three digits");
    parse.minor_version = text[7] - '0';
    parse.head.status = (text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0');
    const char* at = cursor.at + 12;
    if (*at != ' ' && *at != '\r') return refuse(parse, 400, "a blank is missing after the status");
    const char* const reason = *at == ' ' ? at + 1 : at;
    at = find_control(reason, cursor.end);
    if (at == cursor.end) return Outcome::needs_more;
    if (*at != '\r') return refuse(parse, 400, "the status line holds a control character");
    if (cursor.end - at < 2) return Outcome::needs_more;
    if (at[1] != '\n') return refuse(parse, 400, "the status line ends in a bare CR");
    parse.head.reason = {reason, static_cast<std::size_t>(at - reason)};
    cursor.at += at + 2 - cursor.at;
    return Outcome::complete;
}

void conclude(ResponseParse& parse, const Meaning& meaning) {
    auto& head = parse.head;
    head.fields = parse.fields;
    head.body = meaning.has_length ? BodySize::exactly(meaning.length) : BodySize::until_end();
    parse.chunked = meaning.chunked;
    parse.keep_alive = !meaning.says_close && (parse.minor_version > 0 || meaning.says_keep_alive);
    parse.upgrades_to_websocket = head.status == 101 && meaning.says_upgrade &&
                                  meaning.upgrades == 1 &&
                                  equal_ignoring_case(meaning.upgrade, "websocket");
}

Outcome read_response_head(std::span<char> bytes, ResponseParse& parse) {
    Cursor cursor{bytes.data(), bytes.data() + bytes.size()};
    Meaning meaning;
    auto read = read_status_line(cursor, parse);
    if (read == Outcome::complete) read = read_fields(cursor, parse, meaning, Side::response);
    if (read != Outcome::complete) return read;
    parse.head_bytes = static_cast<std::size_t>(cursor.at - bytes.data());
    conclude(parse, meaning);
    return Outcome::complete;
}

}  // namespace

void ResponseParse::reset() {
    restart();
    searched = 0;
    head = {};
    upgrades_to_websocket = false;
}

Outcome parse_response(std::span<char> bytes, ResponseParse& parse) {
    return parse_head(bytes, parse, read_response_head);
}

}  // namespace sallyport::http::h1
