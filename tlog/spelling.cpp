#include "tlog/spelling.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace sallyport::tlog {
namespace {

constexpr char32_t no_character = 0xffffffff;
constexpr char32_t first_printable = 0x20;

/// The Unicode characters with the property White_Space that are not ASCII.
bool is_wide_space(char32_t c) {
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/// Bytes of the sequence that begins with `lead`; 0 if none does.
std::size_t sequence_bytes(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead <= 0xdf) return 2;
    if (lead >= 0xe0 && lead <= 0xef) return 3;
    if (lead >= 0xf0 && lead <= 0xf4) return 4;
    return 0;
}

/// Takes a character off the front, no_character if that is not UTF-8.
char32_t take_character(std::string_view& text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const auto bytes = sequence_bytes(lead);
    if (bytes == 0 || bytes > text.size()) return no_character;
    char32_t c = bytes == 1 ? lead : lead & (0x7fu >> bytes);
    for (const char next : text.substr(1, bytes - 1)) {
        const auto byte = static_cast<unsigned char>(next);
        if ((byte & 0xc0) != 0x80) return no_character;
        c = c << 6 | (byte & 0x3fu);
    }
    constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[bytes] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return no_character;
    text.remove_prefix(bytes);
    return c;
}

/// What a terminal obeys, or what makes a text look like another one: control characters beyond
/// ASCII's first, and marks that turn the direction of writing.
bool is_misleading(char32_t c) {
    return (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f || c == 0x061c ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

bool is_note_text(std::string_view text) {
    while (!text.empty()) {
        const auto c = take_character(text);
        if (c == no_character || (c < first_printable && c != '\n')) return false;
    }
    return true;
}

bool is_key_name(std::string_view text) {
    if (text.empty() || text.size() > key_name_bytes_max) return false;
    while (!text.empty()) {
        const auto c = take_character(text);
        if (c == no_character || c <= first_printable || c == '+' || is_wide_space(c) ||
            is_misleading(c))
            return false;
    }
    return true;
}

Result<Bytes> parse_base64(std::string_view text) {
    auto bytes = from_base64(text);
    if (!bytes) return bytes.error();
    if (to_base64(*bytes) != text)
        return Error{Errc::malformed, "base64 with characters that do not belong there"};
    return bytes;
}

Result<Hash> parse_hash(std::string_view text) {
    Hash hash;
    const auto bytes = parse_base64(text);
    if (!bytes) return bytes.error();
    if (bytes->size() != hash.size())
        return Error{Errc::malformed, "a hash has 32 bytes, not " + std::to_string(bytes->size())};
    std::ranges::copy(*bytes, hash.begin());
    return hash;
}

std::string to_text(const Hash& hash) { return to_base64(hash); }

Result<std::uint64_t> parse_size(std::string_view text) {
    if (text.size() > 1 && text.front() == '0')
        return Error{Errc::malformed, "a size with leading zeroes"};
    const auto size = parse_decimal(text);
    if (!size) return size.error();
    if (*size > tree_size_max) return Error{Errc::limit, "no tree has that many leaves"};
    return *size;
}

std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace sallyport::tlog
