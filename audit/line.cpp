#include "audit/line.hpp"

#include <cassert>
#include <charconv>

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

/// Appends at most `bytes_max` bytes; false if the value did not fit.
bool append_escaped(std::string& out, std::string_view value, std::size_t bytes_max) {
    while (!value.empty()) {
        std::size_t run = 0;
        while (run < value.size() && plain_bytes[byte_at(value, run)]) ++run;
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

template <class Number>
void append_number(std::string& out, Number value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

}  // namespace

void Line::key(std::string_view name) {
    out_.append(first_ ? "\"" : ",\"");
    first_ = false;
    out_.append(name);
    out_.append("\":");
}

void Line::text(std::string_view name, std::string_view value, std::size_t bytes_max) {
    if (value.empty()) return;
    key(name);
    out_ += '"';
    if (!append_escaped(out_, value, bytes_max)) {
        assert(cut_count_ < cuts_max);
        cuts_[cut_count_++] = {name, value.size()};
    }
    out_ += '"';
}

void Line::plain(std::string_view name, std::string_view value) {
    key(name);
    out_ += '"';
    out_.append(value);
    out_ += '"';
}

void Line::number(std::string_view name, std::uint64_t value) {
    key(name);
    append_number(out_, value);
}

void Line::number(std::string_view name, std::int64_t value) {
    key(name);
    append_number(out_, value);
}

void Line::finish() {
    if (cut_count_ > 0) {
        key("cut");
        for (std::size_t i = 0; i < cut_count_; ++i) {
            out_.append(i == 0 ? "{\"" : ",\"");
            out_.append(cuts_[i].key);
            out_.append("\":");
            append_number(out_, static_cast<std::uint64_t>(cuts_[i].bytes));
        }
        out_ += '}';
    }
    out_.append("}\n");
}

}  // namespace sallyport::audit
