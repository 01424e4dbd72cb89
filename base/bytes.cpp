#include "base/bytes.hpp"

#include "base/error.hpp"

#include <array>
#include <charconv>

namespace sallyport {
namespace {

constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

using Decoding = std::array<signed char, 256>;

constexpr Decoding decoding_of(std::string_view alphabet) {
    Decoding table{};
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
    return table;
}

constexpr Decoding standard_decoding = decoding_of(standard_alphabet);
constexpr Decoding url_decoding = decoding_of(url_alphabet);

std::string encode(BytesView bytes, std::string_view alphabet) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t group = 0;
    int bits = 0;
    for (const auto byte : bytes) {
        group = (group << 8) | std::to_integer<std::uint32_t>(byte);
        for (bits += 8; bits >= 6; bits -= 6) out += alphabet[(group >> (bits - 6)) & 63];
    }
    if (bits > 0) out += alphabet[(group << (6 - bits)) & 63];
    return out;
}

/// `text` without padding. Refuses a length no encoder makes and trailing bits that are not zero.
Result<Bytes> decode(std::string_view text, const Decoding& decoding, const char* what) {
    Bytes out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t group = 0;
    int bits = 0;
    for (const char c : text) {
        const auto value = decoding[static_cast<unsigned char>(c)];
        if (value < 0) return Error{Errc::malformed, std::string(what) + ": foreign character"};
        group = (group << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<std::byte>((group >> bits) & 0xff));
        }
    }
    if (text.size() % 4 == 1 || (group & ((1u << bits) - 1)) != 0)
        return Error{Errc::malformed, std::string(what) + ": incomplete"};
    return out;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string to_hex(BytesView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        out += digits[std::to_integer<unsigned>(byte) >> 4];
        out += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return out;
}

Result<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return Error{Errc::malformed, "hex: odd number of digits"};
    Bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return Error{Errc::malformed, "hex: foreign character"};
        out.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return out;
}

std::string to_base64(BytesView bytes) {
    auto out = encode(bytes, standard_alphabet);
    out.append((4 - out.size() % 4) % 4, '=');
    return out;
}

Result<Bytes> from_base64(std::string_view text) {
    std::string joined;
    joined.reserve(text.size());
    for (const char c : text)
        if (c != '\r' && c != '\n') joined += c;
    if (joined.size() % 4 != 0) return Error{Errc::malformed, "base64: length"};
    for (int i = 0; i < 2 && joined.ends_with('='); ++i) joined.pop_back();
    return decode(joined, standard_decoding, "base64");
}

std::string to_base64url(BytesView bytes) { return encode(bytes, url_alphabet); }

Result<Bytes> from_base64url(std::string_view text) {
    return decode(text, url_decoding, "base64url");
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string to_lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out) c = to_lower(c);
    return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (to_lower(a[i]) != to_lower(b[i])) return false;
    return true;
}

bool equal_in_constant_time(BytesView a, BytesView b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) difference |= std::to_integer<unsigned>(a[i] ^ b[i]);
    return difference == 0;
}

Result<std::uint64_t> parse_decimal(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size())
        return Error{Errc::malformed, "not a decimal number: " + std::string(text)};
    return value;
}

}  // namespace sallyport
