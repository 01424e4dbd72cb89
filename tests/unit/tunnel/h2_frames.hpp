#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// HTTP/2 frames by hand (RFC 9113 section 4.1), right or wrong, as a peer might send them.
namespace sallyport::test::frames {

enum Type : std::uint8_t {
    data = 0,
    headers = 1,
    reset = 3,
    settings = 4,
    push_promise = 5,
    ping = 6,
    goaway = 7,
    window_update = 8,
    continuation = 9
};
inline constexpr std::uint8_t end_stream = 1;
inline constexpr std::uint8_t ack = 1;
inline constexpr std::uint8_t end_headers = 4;

inline constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline std::string number(std::uint32_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
    return out;
}

inline std::string frame(Type type, std::uint8_t flags, std::uint32_t stream,
                         std::string_view payload) {
    return number(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(type) +
           static_cast<char>(flags) + number(stream, 4) + std::string(payload);
}

inline std::string setting(std::uint16_t id, std::uint32_t value) {
    return number(id, 2) + number(value, 4);
}

/// A literal field, not indexed (RFC 7541 section 6.2.2); short ones only.
inline std::string literal(std::string_view name, std::string_view value) {
    return '\0' + std::string(1, static_cast<char>(name.size())) + std::string(name) +
           static_cast<char>(value.size()) + std::string(value);
}

/// GET http://a:1/
inline std::string get_block() {
    return "\x82\x86\x84" + literal(":authority", "a:1");  // static table: GET, http, /
}

/// What a client says first, with these settings.
inline std::string client_hello(std::string_view settings_payload = {}) {
    return std::string(preface) + frame(settings, 0, 0, settings_payload);
}

inline std::string get(std::uint32_t stream) {
    return frame(headers, end_stream | end_headers, stream, get_block());
}

}  // namespace sallyport::test::frames
