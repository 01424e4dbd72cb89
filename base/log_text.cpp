#include "base/log_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sallyport::log {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// One character of UTF-8 (RFC 3629), or one byte that is none.
struct Character {
    std::size_t bytes = 1;
    std::uint32_t code = 0;
    bool valid = false;
};

unsigned char byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

Character first_of(std::string_view text) {
    const auto lead = byte_at(text, 0);
    if (lead < 0x80) return {1, lead, true};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
    std::uint32_t code = lead & (0xffU >> (bytes + 1));
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte_at(text, i) & 0xc0U) != 0x80) return {};
        code = code << 6U | (byte_at(text, i) & 0x3fU);
    }
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    if (code < smallest[bytes] || code > 0x10ffff || surrogate) return {};
    return {bytes, code, true};
}

/// What does more than to stand there: controls of ASCII and of Latin-1, marks of direction, ends
/// of lines.
bool acts(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c ||
           (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

bool is_plain(std::string_view value) {
    return !value.empty() && std::ranges::all_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > ' ' && byte < 0x7f && c != '"' && c != '\\';
    });
}

void append_unicode_escape(std::string& out,
                           std::uint32_t code) {  // none of `acts` is above 0xffff
    out += "\\u";
    for (const auto shift : {12U, 8U, 4U, 0U}) out += hex_digits[code >> shift & 15U];
}

}  // namespace

void append_text(std::string& out, std::string_view value) {
    if (is_plain(value)) {
        out += value;
        return;
    }
    out += '"';
    while (!value.empty()) {
        const auto one = first_of(value);
        if (one.valid && !acts(one.code)) {
            if (one.code == '"' || one.code == '\\') out += '\\';
            out += value.substr(0, one.bytes);
        } else {
            for (std::size_t i = 0; i < one.bytes; ++i) {
                out += "\\x";
                out += hex_digits[byte_at(value, i) >> 4U];
                out += hex_digits[byte_at(value, i) & 15U];
            }
        }
        value.remove_prefix(one.bytes);
    }
    out += '"';
}

void append_json(std::string& out, std::string_view value) {
    out += '"';
    while (!value.empty()) {
        const auto one = first_of(value);
        if (!one.valid) {
            out += "\xef\xbf\xbd";
        } else if (acts(one.code)) {
            append_unicode_escape(out, one.code);
        } else {
            if (one.code == '"' || one.code == '\\') out += '\\';
            out += value.substr(0, one.bytes);
        }
        value.remove_prefix(one.bytes);
    }
    out += '"';
}

}  // namespace sallyport::log
