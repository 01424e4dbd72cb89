#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

/// The character classes of RFC 9110 and RFC 9112, as tables; shared by reader and writer.
namespace sallyport::http::h1 {

/// The lower-case form of a character that may stand in a token (RFC 9110 section 5.6.2), else 0.
inline constexpr std::array<char, 256> token_lower = [] {
    std::array<char, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"))
        table[static_cast<unsigned char>(c)] = c;
    for (char c = 'A'; c <= 'Z'; ++c)
        table[static_cast<unsigned char>(c)] = static_cast<char>(c - 'A' + 'a');
    return table;
}();

inline char lower_token_char(char c) { return token_lower[static_cast<unsigned char>(c)]; }

/// 0x21..0x7e without '#': a fragment never travels, and servers differ in what they make of one.
inline bool is_target_char(char c) { return c > ' ' && c < '\x7f' && c != '#'; }

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Not allowed in a field value: controls but the tabulator. Bytes from 0x80 are (obs-text).
inline bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

/// The first control character in [at, end), or end. Eight bytes at a time.
inline const char* find_control(const char* at, const char* end) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = 0x8080808080808080;
    while (end - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        const auto deletes = word ^ (ones * 0x7f);
        // Sets the high bit of each byte below 0x20 or equal to 0x7f; borrows may also mark a byte
        // above a marked one, so a hit is looked at byte by byte.
        const auto hit = (((word - ones * 0x20) & ~word) | ((deletes - ones) & ~deletes)) & highs;
        if (hit != 0) {
            for (const char* stop = at + 8; at != stop; ++at)
                if (is_control(*at)) return at;
            continue;  // only tabulators
        }
        at += 8;
    }
    while (at != end && !is_control(*at)) ++at;
    return at;
}

inline std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// Calls `each(item)` for the non-empty items of a comma-separated list until one call says false.
template <class Each>
bool each_item(std::string_view list, Each each) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto item = trim(list.substr(0, comma));
        if (!item.empty() && !each(item)) return false;
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return true;
}

}  // namespace sallyport::http::h1
