#include "base/bytes.hpp"
#include "http/h1_characters.hpp"
#include "http/h1_codec.hpp"
#include "http/h1_fields.hpp"

#include <algorithm>

namespace sallyport::http::h1 {
namespace {

struct Authority {
    std::string_view host;
    std::string_view port;  // empty: not said
    bool valid = false;
};

bool is_host_char(char c) {
    return lower_token_char(c) != 0 &&
           std::string_view("#^`|'\"*%$&!+").find(c) == std::string_view::npos;
}

bool is_address_char(char c) {
    const char lower = to_lower(c);
    return is_digit(c) || (lower >= 'a' && lower <= 'f') || c == ':' || c == '.';
}

bool is_port(std::string_view text) {
    const auto port = text.size() <= 5 ? parse_decimal(text) : Result<std::uint64_t>(0);
    return port && *port > 0 && *port <= 65535;
}

/// RFC 3986 section 3.2 without user information, with the characters that names in use have.
Authority split(std::string_view text) {
    Authority parts;
    const bool literal = text.starts_with('[');
    const auto host_end = literal ? text.find(']') : text.find(':');
    const auto size = literal && host_end != std::string_view::npos ? host_end + 1 : host_end;
    parts.host = text.substr(0, size);
    const auto rest = text.substr(parts.host.size());
    if (!rest.empty()) {
        if (rest.front() != ':' || !is_port(rest.substr(1))) return parts;
        parts.port = rest.substr(1);
    }
    if (literal)
        parts.valid =
            parts.host.size() > 2 && parts.host.back() == ']' &&
            std::ranges::all_of(parts.host.substr(1, parts.host.size() - 2), is_address_char);
    else
        parts.valid = !parts.host.empty() && std::ranges::all_of(parts.host, is_host_char);
    return parts;
}

struct Target {
    std::string_view authority;  // of absolute-form and authority-form
    std::string_view default_port;
    bool valid = false;
};

Target read_absolute(std::string_view target) {
    const auto colon = target.find("://");
    const auto scheme = target.substr(0, colon);
    Target found;
    if (colon == std::string_view::npos) return found;
    if (equal_ignoring_case(scheme, "http")) found.default_port = "80";
    if (equal_ignoring_case(scheme, "https")) found.default_port = "443";
    if (found.default_port.empty()) return found;
    const auto rest = target.substr(colon + 3);
    found.authority = rest.substr(0, rest.find_first_of("/?"));
    found.valid = split(found.authority).valid;
    return found;
}

/// The four forms of RFC 9112 section 3.2.
Target read_target(std::string_view method, std::string_view target) {
    if (method == "CONNECT") {
        const auto parts = split(target);
        return {target, parts.port, parts.valid && !parts.port.empty()};
    }
    if (target.front() == '/') return {{}, {}, true};
    if (target == "*") return {{}, {}, method == "OPTIONS"};
    return read_absolute(target);
}

Outcome read_version(std::string_view text, RequestParse& parse) {
    if (text == "HTTP/1.1") {
        parse.minor_version = 1;
        return Outcome::complete;
    }
    if (text == "HTTP/1.0") {
        parse.minor_version = 0;
        return Outcome::complete;
    }
    const bool looks_right = text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
                             text[6] == '.' && is_digit(text[7]);
    if (looks_right) return refuse(parse, 505, "the versions spoken here are HTTP/1.1 and 1.0");
    return refuse(parse, 400, "the request line does not end with a version of HTTP");
}

/// `method SP target SP version CRLF`, one blank each.
Outcome read_request_line(Cursor& cursor, RequestParse& parse) {
    const char* const end = cursor.end;
    const char* at = cursor.at;
    const auto text_from = [&](const char* start) {
        return std::string_view(start, static_cast<std::size_t>(at - start));
    };
    while (at != end && lower_token_char(*at) != 0) ++at;
    parse.head.method = text_from(cursor.at);
    if (at == end) return Outcome::needs_more;
    if (*at != ' ' || parse.head.method.empty())
        return refuse(parse, 400, "the request line does not start with a method and one blank");
    const char* const target = ++at;
    while (at != end && is_target_char(*at)) ++at;
    parse.head.target = text_from(target);
    if (at == end) return Outcome::needs_more;
    if (*at != ' ' || parse.head.target.empty())
        return refuse(parse, 400, "the request target holds a byte that must be encoded");
    const char* const version = ++at;
    while (at != end && *at > ' ' && *at < '\x7f' && at - version <= 8) ++at;
    if (end - at < 2) {
        if (at == end || *at == '\r') return Outcome::needs_more;
        return refuse(parse, 400, "the request line does not end with a version of HTTP");
    }
    if (at[0] != '\r' || at[1] != '\n')
        return refuse(parse, 400, "the request line does not end with a version and CRLF");
    cursor.at += at + 2 - cursor.at;
    return read_version(text_from(version), parse);
}

Outcome read_authority(RequestParse& parse, const Meaning& meaning) {
    const auto target = read_target(parse.head.method, parse.head.target);
    if (!target.valid) return refuse(parse, 400, "the request target has none of the four forms");
    if (meaning.hosts == 0 && parse.minor_version > 0) return refuse(parse, 400, "Host is missing");
    if (meaning.hosts > 0 && !split(meaning.host).valid)
        return refuse(parse, 400, "Host is no host name with an optional port");
    parse.head.authority = target.authority.empty() ? meaning.host : target.authority;
    if (target.authority.empty() || meaning.hosts == 0) return Outcome::complete;
    if (!same_authority(target.authority, meaning.host, target.default_port))
        return refuse(parse, 400, "Host and the request target name different hosts");
    return Outcome::complete;
}

void conclude(RequestParse& parse, const Meaning& meaning) {
    auto& head = parse.head;
    head.fields = parse.fields;
    if (meaning.has_length) head.body = BodySize::exactly(meaning.length);
    if (meaning.chunked) head.body = BodySize::until_end();
    const bool has_body = meaning.chunked || meaning.length > 0;
    parse.chunked = meaning.chunked;
    parse.keep_alive = parse.minor_version > 0 && !meaning.says_close;
    parse.expects_continue = meaning.expects_continue && has_body;
    const bool upgrades = meaning.says_upgrade && meaning.upgrades == 1 && !has_body &&
                          parse.minor_version > 0 && head.method == "GET" &&
                          equal_ignoring_case(meaning.upgrade, "websocket");
    if (upgrades) head.upgrade = "websocket";
}

Outcome read_request_head(std::span<char> bytes, RequestParse& parse) {
    Cursor cursor{bytes.data(), bytes.data() + bytes.size()};
    if (bytes.size() >= 2 && bytes[0] == '\r' && bytes[1] == '\n') cursor.at += 2;
    if (bytes.size() == 1 && bytes[0] == '\r') return Outcome::needs_more;
    Meaning meaning;
    auto read = read_request_line(cursor, parse);
    if (read == Outcome::complete) read = read_fields(cursor, parse, meaning, Side::request);
    if (read == Outcome::complete) read = read_authority(parse, meaning);
    if (read != Outcome::complete) return read;
    parse.head_bytes = static_cast<std::size_t>(cursor.at - bytes.data());
    conclude(parse, meaning);
    return Outcome::complete;
}

}  // namespace

void RequestParse::reset() {
    restart();
    searched = 0;
    head = {};
    expects_continue = false;
}

Outcome parse_request(std::span<char> bytes, RequestParse& parse) {
    return parse_head(bytes, parse, read_request_head);
}

bool same_authority(std::string_view a, std::string_view b, std::string_view default_port) {
    const auto one = split(a);
    const auto two = split(b);
    const auto port = [&](const Authority& parts) {
        const auto said = parts.port.empty() ? default_port : parts.port;
        return said.substr(std::min(said.find_first_not_of('0'), said.size()));
    };
    return one.valid && two.valid && equal_ignoring_case(one.host, two.host) &&
           port(one) == port(two);
}

}  // namespace sallyport::http::h1
