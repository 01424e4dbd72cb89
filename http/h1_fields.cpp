#include "http/h1_fields.hpp"

#include "base/bytes.hpp"
#include "http/h1_characters.hpp"
#include "http/hygiene.hpp"

#include <algorithm>

namespace sallyport::http::h1 {
namespace {

constexpr int connection_options_max = 16;

Line refuse_line(HeadParse& parse, std::string_view text) {
    refuse(parse, 400, text);
    return Line::refused;
}

Line read_empty_line(Cursor& cursor, HeadParse& parse) {
    if (cursor.end - cursor.at < 2) return Line::needs_more;
    if (cursor.at[1] != '\n') return refuse_line(parse, "a line ends in a bare CR");
    cursor.at += 2;
    return Line::last;
}

Outcome read_connection(std::string_view value, HeadParse& parse, Meaning& meaning, Side side) {
    std::string_view problem;
    each_item(value, [&](std::string_view option) {
        if (++meaning.connection_options > connection_options_max) {
            problem = "Connection has too many options";
        } else if (!is_token(option)) {
            problem = "Connection holds what is no token";
        } else if (equal_ignoring_case(option, "close")) {
            meaning.says_close = true;
        } else if (equal_ignoring_case(option, "keep-alive")) {
            meaning.says_keep_alive = true;
        } else if (equal_ignoring_case(option, "upgrade")) {
            meaning.says_upgrade = true;
        } else if (side == Side::request && names_what_decides(option)) {
            problem = "Connection names a field that must reach the back end";
        }
        return problem.empty();
    });
    return problem.empty() ? Outcome::complete : refuse(parse, 400, problem);
}

Outcome read_length(std::string_view value, HeadParse& parse, Meaning& meaning) {
    if (meaning.has_length) return refuse(parse, 400, "Content-Length is there twice");
    const auto length = parse_decimal(value);
    if (!length) return refuse(parse, 400, "Content-Length is not a number");
    meaning.has_length = true;
    meaning.length = *length;
    return Outcome::complete;
}

Outcome read_coding(std::string_view value, HeadParse& parse, Meaning& meaning) {
    if (meaning.chunked) return refuse(parse, 400, "Transfer-Encoding is there twice");
    if (parse.minor_version == 0)
        return refuse(parse, 400, "Transfer-Encoding does not exist in HTTP/1.0");
    if (!equal_ignoring_case(value, "chunked"))
        return refuse(parse, 501, "the only transfer coding is chunked");
    meaning.chunked = true;
    return Outcome::complete;
}

/// Looks at the fields that mean something to the connection; `keep` says whether the field stays
/// among the fields. The length of the name finds the few candidates.
Outcome interpret(const Field& field, HeadParse& parse, Meaning& meaning, Side side, bool& keep) {
    const auto [name, value] = field;
    keep = true;
    switch (name.size()) {
        case 4:
            if (side == Side::response || name != "host") break;
            keep = false;
            meaning.host = value;
            if (++meaning.hosts > 1) return refuse(parse, 400, "Host is there twice");
            break;
        case 6:
            if (name == "expect" && equal_ignoring_case(value, "100-continue"))
                meaning.expects_continue = parse.minor_version > 0;
            break;
        case 7:
            if (name != "upgrade") break;
            meaning.upgrade = value;
            ++meaning.upgrades;
            break;
        case 10:
            if (name == "connection") return read_connection(value, parse, meaning, side);
            break;
        case 14:
            if (name != "content-length") break;
            keep = false;
            return read_length(value, parse, meaning);
        case 17:
            if (name != "transfer-encoding") break;
            keep = false;
            return read_coding(value, parse, meaning);
        default:
            break;
    }
    return Outcome::complete;
}

}  // namespace

Line read_field(Cursor& cursor, Field& field, HeadParse& parse) {
    char* at = cursor.at;
    char* const end = cursor.end;
    if (at == end) return Line::needs_more;
    if (*at == '\r') return read_empty_line(cursor, parse);
    char* const name = at;
    for (; at != end; ++at) {
        const char lower = lower_token_char(*at);
        if (lower == 0) break;
        *at = lower;
    }
    if (at == end) return Line::needs_more;
    if (*at != ':' || at == name) {
        const bool folded = at == name && is_blank(*at);
        return refuse_line(parse, folded ? "a field is folded over lines"
                                         : "a field line does not start with a name and a colon");
    }
    field.name = {name, static_cast<std::size_t>(at - name)};
    do ++at;
    while (at != end && is_blank(*at));
    const char* const value = at;
    at += find_control(at, end) - at;
    if (at == end) return Line::needs_more;
    if (*at != '\r') return refuse_line(parse, "a field value holds a control character");
    if (end - at < 2) return Line::needs_more;
    if (at[1] != '\n') return refuse_line(parse, "a line ends in a bare CR");
    const char* value_end = at;
    while (value_end != value && is_blank(value_end[-1])) --value_end;
    field.value = {value, static_cast<std::size_t>(value_end - value)};
    cursor.at = at + 2;
    return Line::field;
}

Outcome read_fields(Cursor& cursor, HeadParse& parse, Meaning& meaning, Side side) {
    std::size_t count = 0;
    Field field;
    while (true) {
        switch (read_field(cursor, field, parse)) {
            case Line::needs_more:
                return Outcome::needs_more;
            case Line::refused:
                return Outcome::refused;
            case Line::last:
                if (meaning.chunked && meaning.has_length)
                    return refuse(parse, 400, "Content-Length stands beside Transfer-Encoding");
                return Outcome::complete;
            case Line::field:
                break;
        }
        if (++count > fields_max) return refuse(parse, 431, "more than 100 fields");
        bool keep = true;
        const auto read = interpret(field, parse, meaning, side, keep);
        if (read != Outcome::complete) return read;
        if (keep) parse.fields.push_back(field);
    }
}

bool may_be_complete(std::span<const char> bytes, HeadParse& parse) {
    if (parse.searched == 0) return true;
    // An empty line is LF LF or LF CR LF: looking for it also finds what will be refused.
    const char* const end = bytes.data() + bytes.size();
    const char* at = bytes.data() + parse.searched - std::min<std::size_t>(parse.searched, 3);
    while (const void* hit = std::memchr(at, '\n', static_cast<std::size_t>(end - at))) {
        at = static_cast<const char*>(hit) + 1;
        if (at == end) break;
        if (*at == '\n') return true;
        if (*at == '\r' && at + 1 != end && at[1] == '\n') return true;
    }
    return false;
}

Outcome wait_for_more(std::span<const char> bytes, HeadParse& parse) {
    if (bytes.size() >= head_bytes_max) return refuse(parse, 431, "a head of more than 64 KiB");
    parse.searched = bytes.size();
    return Outcome::needs_more;
}

bool parse_trailers(std::span<char> bytes, std::vector<Field>& fields) {
    fields.clear();
    ResponseParse scratch;
    Cursor cursor{bytes.data(), bytes.data() + bytes.size()};
    Field field;
    while (cursor.at != cursor.end) {
        if (read_field(cursor, field, scratch) != Line::field) return false;
        if (fields.size() == fields_max) return false;
        fields.push_back(field);
    }
    return true;
}

bool list_has(std::string_view list, std::string_view token) {
    return !each_item(list,
                      [&](std::string_view item) { return !equal_ignoring_case(item, token); });
}

bool is_field_value(std::string_view value) {
    const char* const end = value.data() + value.size();
    return find_control(value.data(), end) == end;
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, lower_token_char);
}

bool is_request_target(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_target_char);
}

void HeadParse::restart() {
    fields.clear();
    head_bytes = 0;
    minor_version = 1;
    keep_alive = chunked = false;
    refusal_status = 0;
    refusal_text = {};
}

}  // namespace sallyport::http::h1
