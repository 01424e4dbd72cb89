#include "audit/escape.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sallyport::audit {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// Bytes that stand for themselves.
constexpr std::array<bool, 256> plain_bytes = [] {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0x20; byte < 0x7F; ++byte) table[byte] = true;
    table['"'] = table['\\'] = false;
    return table;
}();

/// How many bytes at the front stand for themselves. Looks at eight at a time: most texts have no
/// others.
std::size_t plain_run(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t high = 0x80 * ones;
    const auto has_zero = [](std::uint64_t word) { return (word - ones) & ~word & high; };
    std::size_t run = 0;
    for (; text.size() - run >= sizeof(std::uint64_t); run += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + run, sizeof word);
        const auto above = (word | (word + ones)) & high;  // 0x7F and more
        const auto below = (word - 0x20 * ones) & ~word & high;
        if (above | below | has_zero(word ^ '"' * ones) | has_zero(word ^ '\\' * ones)) break;
    }
    while (run < text.size() && plain_bytes[static_cast<unsigned char>(text[run])]) ++run;
    return run;
}

unsigned byte_at(std::string_view text, std::size_t i) {
    return static_cast<unsigned char>(text[i]);
}

/// Length of the UTF-8 sequence at the front (RFC 3629 section 4), 0 if there is none.
std::size_t sequence_length(std::string_view text) {
    const auto lead = byte_at(text, 0);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
    if (length < 3) return length;
    const auto second = byte_at(text, 1);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool surrogate = lead == 0xED && second >= 0xA0;
    const bool beyond = lead == 0xF4 && second >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

/// What one character (or one byte that is none) becomes.
struct Unit {
    std::array<char, 6> text{};
    std::size_t length = 0;  // of `text`
    std::size_t taken = 0;   // from the value
    void add(std::string_view piece) {
        for (const char c : piece) text[length++] = c;
    }
    void add_hex(unsigned byte) {
        text[length++] = hex_digits[byte >> 4];
        text[length++] = hex_digits[byte & 15];
    }
};

Unit next_unit(std::string_view value) {
    Unit unit;
    unit.taken = 1;
    const auto byte = byte_at(value, 0);
    if (byte == '"' || byte == '\\') {
        unit.add("\\");
        unit.add(value.substr(0, 1));
        return unit;
    }
    if (byte < 0x20 || byte == 0x7F) {
        unit.add("\\u00");
        unit.add_hex(byte);
        return unit;
    }
    const auto length = sequence_length(value);
    if (length == 2 && byte == 0xC2 && byte_at(value, 1) < 0xA0) {  // C1 controls
        unit.taken = 2;
        unit.add("\\u00");
        unit.add_hex(byte_at(value, 1));
        return unit;
    }
    // U+FFFD marks a byte that is not UTF-8, so that character itself must look like three of them.
    if (length == 0 || value.substr(0, length) == replacement) {
        unit.add(replacement);
        unit.add_hex(byte);
        return unit;
    }
    unit.taken = length;
    unit.add(value.substr(0, length));
    return unit;
}

unsigned digit_of(char hex) {
    return static_cast<unsigned>(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

}  // namespace

bool append_escaped(std::string& out, std::string_view value, std::size_t bytes_max) {
    while (!value.empty()) {
        const auto run = plain_run(value);
        const auto fitting = std::min(run, bytes_max);
        out.append(value.substr(0, fitting));
        if (fitting < run) return false;
        value.remove_prefix(run);
        bytes_max -= run;
        if (value.empty()) return true;
        const auto unit = next_unit(value);
        if (unit.length > bytes_max) return false;
        out.append(unit.text.data(), unit.length);
        value.remove_prefix(unit.taken);
        bytes_max -= unit.length;
    }
    return true;
}

void append_unescaped(std::string& out, std::string_view escaped) {
    constexpr std::size_t code_length = 6;  // \u00NN
    while (true) {
        const auto backslash = escaped.find('\\');
        out.append(escaped.substr(0, backslash));
        if (backslash == std::string_view::npos) return;
        escaped.remove_prefix(backslash);
        if (escaped[1] != 'u') {
            out += escaped[1];
            escaped.remove_prefix(2);
            continue;
        }
        const auto code = digit_of(escaped[4]) * 16 + digit_of(escaped[5]);
        if (code >= 0x80) out += '\xC2';  // C1 controls are two bytes, the second as their number
        out += static_cast<char>(code);
        escaped.remove_prefix(code_length);
    }
}

void append_escaped_again(std::string& out, std::string_view text) {
    while (true) {
        const auto mark = text.find(replacement);
        append_escaped(out, text.substr(0, mark), std::string_view::npos);
        if (mark == std::string_view::npos) return;
        out.append(replacement);
        text.remove_prefix(mark + replacement.size());
    }
}

}  // namespace sallyport::audit
