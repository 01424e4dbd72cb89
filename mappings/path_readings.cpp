#include "mappings/path_readings.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sallyport::mappings {
namespace {

using Byte = unsigned char;

constexpr std::array<bool, 256> plain_bytes = [] {
    std::array<bool, 256> table{};
    for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (const char c : std::string_view("/-._~!$&'()*+,=:@")) table[static_cast<Byte>(c)] = true;
    return table;
}();

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The byte that the escape at `at` stands for, or -1 if there is none.
int escape_at(std::string_view text, std::size_t at) {
    if (text[at] != '%' || at + 2 >= text.size()) return -1;
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

enum class EncodedSlash { separator, data };

/// Decodes once; what is no escape stays as it is. Nothing if that uncovers a byte that a back end
/// could take for the end of a string, a line, or a foreign separator.
std::optional<std::string> decode(std::string_view text, EncodedSlash slash) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int byte = escape_at(text, i);
        if (byte < 0) {
            out += text[i];
            continue;
        }
        i += 2;
        if (byte < 0x20 || byte == 0x7f || byte == '\\') return std::nullopt;
        if (byte == '/' && slash == EncodedSlash::data)
            out += PathReadings::data_slash;
        else
            out += static_cast<char>(byte);
    }
    return out;
}

std::string without_parameters(std::string_view path) {
    std::string out;
    bool in_parameter = false;
    for (const char c : path) {
        if (c == '/') in_parameter = false;
        if (c == ';') in_parameter = true;
        if (!in_parameter) out += c;
    }
    return out;
}

std::string with_merged_slashes(std::string_view path) {
    std::string out;
    for (const char c : path)
        if (c != '/' || !out.ends_with('/')) out += c;
    return out;
}

/// A byte sequence that a lenient decoder takes for a shorter one, e.g. C0 AE for "."
/// (RFC 3629 section 10). C0 and C1 stand in no UTF-8 at all, and some decoders take any byte after
/// them. Other bytes that are no UTF-8 may pass: they are Latin-1 of old clients.
bool has_overlong_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto lead = static_cast<Byte>(text[i]);
        if (lead < 0xc0) continue;
        if (lead <= 0xc1) return true;
        const auto next = i + 1 < text.size() ? static_cast<Byte>(text[i + 1]) : Byte{0};
        if (next < 0x80) continue;
        if ((lead == 0xe0 && next < 0xa0) || (lead == 0xf0 && next < 0x90) ||
            (lead == 0xf8 && next < 0x88) || (lead == 0xfc && next < 0x84))
            return true;
    }
    return false;
}

/// "." and ".." between separators, also where a slash that is data may separate after all.
bool has_dot_segment(std::string_view path) {
    std::size_t from = 0;
    for (std::size_t i = 0; i <= path.size(); ++i) {
        if (i < path.size() && !is_separator(path[i])) continue;
        const auto name = bare_segment(path.substr(from, i - from));
        if (name == "." || name == "..") return true;
        from = i + 1;
    }
    return false;
}

void add_once(std::vector<std::string>& list, std::string text) {
    if (std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
}

Error refused(const char* why) { return {Errc::malformed, std::string("The path ") + why + "."}; }

Result<void> check_raw(std::string_view path) {
    for (std::size_t i = 0; i < path.size(); ++i) {
        const auto byte = static_cast<Byte>(path[i]);
        if (byte <= 0x20 || byte >= 0x7f) return refused("has a byte that must be percent-encoded");
        if (path[i] == '\\') return refused("has a backslash");
        if (path[i] == '#') return refused("has a fragment");
        if (path[i] != '%') continue;
        if (escape_at(path, i) < 0) return refused("has a malformed percent-encoding");
    }
    return {};
}

}  // namespace

bool is_separator(char c) { return c == '/' || c == PathReadings::data_slash; }

std::string_view bare_segment(std::string_view segment) {
    segment = segment.substr(0, segment.find_first_of(";?#"));
    while (segment.ends_with(' ')) segment.remove_suffix(1);
    return segment;
}

bool is_plain_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    char before = 0;
    bool dots_only = false;  // so far, in this segment, and not empty
    for (const char c : path) {
        if (!plain_bytes[static_cast<Byte>(c)]) return false;
        if (c == '/') {
            if (before == '/' || dots_only) return false;
            dots_only = false;
        } else if (before == '/') {
            dots_only = c == '.';
        } else if (c != '.') {
            dots_only = false;
        }
        before = c;
    }
    return !dots_only;
}

Result<PathReadings> PathReadings::of(std::string_view target) {
    PathReadings readings(target.substr(0, target.find('?')));
    const auto raw = readings.raw_;
    if (raw.size() > path_bytes_max) return refused("is too long");
    if (is_plain_path(raw)) return readings;
    if (!raw.starts_with('/')) return refused("does not start with a slash");
    if (auto ok = check_raw(raw); !ok) return ok.error();

    std::vector<std::string> decoded{std::string(raw)};
    for (const auto slash : {EncodedSlash::separator, EncodedSlash::data}) {
        const auto once = decode(raw, slash);
        if (!once) return refused("has an encoded control character or backslash");
        for (const auto again : {EncodedSlash::separator, EncodedSlash::data}) {
            const auto twice = decode(*once, again);
            if (!twice) return refused("has an encoded control character or backslash");
            add_once(decoded, *twice);
        }
        add_once(decoded, *once);
    }
    for (const auto& path : decoded) {
        if (has_overlong_utf8(path)) return refused("has an overlong UTF-8 sequence");
        const auto cut = without_parameters(path);
        for (const auto& reading : {path, cut}) {
            add_once(readings.others_, reading);
            add_once(readings.others_, with_merged_slashes(reading));
        }
    }
    for (const auto& reading : readings.others_)
        if (has_dot_segment(reading)) return refused("has a dot segment");
    readings.others_.erase(readings.others_.begin());  // the raw one
    return readings;
}

}  // namespace sallyport::mappings
