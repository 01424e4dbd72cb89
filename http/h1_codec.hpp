#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace sallyport::http {

/// Strict reading of HTTP/1.1 heads (RFC 9112), over bytes in memory. What two parties could read
/// in two ways is refused: bare CR or LF, folded lines, blanks around names, Content-Length twice
/// or beside Transfer-Encoding, any coding but exactly "chunked", and so on.
namespace h1 {

inline constexpr std::size_t head_bytes_max = 64 * 1024;
inline constexpr std::size_t fields_max = 100;

enum class Outcome {
    needs_more,  // call again with the same bytes and more behind them
    complete,
    refused,  // status and text say how to answer
};

/// What reading a head keeps between calls, and what it found. Reused for message after message,
/// so that no request allocates.
struct HeadParse {
    std::vector<Field> fields;
    std::size_t head_bytes = 0;  // of the head with its empty line, when complete
    int minor_version = 1;       // HTTP/1.x
    bool keep_alive = false;     // what this message says about the connection after it
    bool chunked = false;
    int refusal_status = 0;         // 400, 431, 501 or 505, when refused
    std::string_view refusal_text;  // a literal

    std::size_t searched = 0;  // no empty line before this offset

protected:
    void restart();
};

struct RequestParse : HeadParse {
    /// Views into the buffer and into `fields`. `fields` has neither host (it is `authority`), nor
    /// content-length, nor transfer-encoding (they are `body`). Connection is among them, for the
    /// hygiene to see what it names.
    RequestHead head;
    bool expects_continue = false;

    /// Before the next message.
    void reset();
};

struct ResponseParse : HeadParse {
    /// `body` is what the fields say; whether one follows depends on the request too
    /// (may_have_body). `unknown` without `chunked` ends with the connection.
    ResponseHead head;
    bool upgrades_to_websocket = false;  // 101 that names it

    void reset();
};

/// Reads a request head from the start of `bytes`; writes to them: names become lower case. One
/// empty line before the request line is skipped (RFC 9112 section 2.2).
Outcome parse_request(std::span<char> bytes, RequestParse& parse);
Outcome parse_response(std::span<char> bytes, ResponseParse& parse);

/// Reads a trailer section without its final empty line; the same rules as for fields. False:
/// refused.
bool parse_trailers(std::span<char> bytes, std::vector<Field>& fields);

/// Whether two authorities name the same host and port; a missing port means `default_port`.
bool same_authority(std::string_view a, std::string_view b, std::string_view default_port);

/// Whether `token` stands in a comma-separated list, ignoring case.
bool list_has(std::string_view list, std::string_view token);

/// Whether every byte may stand in a field value: no control character but the tabulator.
bool is_field_value(std::string_view value);
/// Whether it is a token (RFC 9110 section 5.6.2): a method or a field name.
bool is_token(std::string_view text);
/// Whether it may be written as request-target: 0x21..0x7e without '#'.
bool is_request_target(std::string_view text);

}  // namespace h1
}  // namespace sallyport::http
