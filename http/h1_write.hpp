#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace sallyport::http::h1 {

/// How the body after a head is delimited on an HTTP/1.1 connection.
enum class Framing {
    none,         // no body, and nothing said about it
    length,       // content-length: BodySize::bytes
    length_only,  // content-length is said, but no body follows (HEAD, 304)
    chunked,
    until_close,  // HTTP/1.0 and upgrades: nothing is said
};

/// Appends `METHOD target HTTP/1.1`, the Host line and the framing; the caller appends fields and
/// then end_head(). Every part is checked: false means that one contains what could split the
/// head, and `out` is as it was.
bool append_request_start(std::string& out, std::string_view method, std::string_view target,
                          std::string_view host);
void append_status_line(std::string& out, int status, std::string_view reason);
/// False, and nothing appended, if the name is no token or the value holds a control character.
bool append_field(std::string& out, std::string_view name, std::string_view value);
void append_framing(std::string& out, Framing framing, std::uint64_t bytes);
inline void append_end_of_head(std::string& out) { out += "\r\n"; }

}  // namespace sallyport::http::h1
