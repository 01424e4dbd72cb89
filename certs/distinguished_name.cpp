#include "certs/distinguished_name.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sallyport::certs {
namespace {

struct Kind {
    NameAttribute attribute;
    std::string_view text;
    std::size_t characters_max;
};

/// Upper bounds of X.520 as in RFC 5280 appendix A; UID as in RFC 4519 section 2.39.
constexpr std::array<Kind, 8> kinds = {{{NameAttribute::common_name, "CN", 64},
                                        {NameAttribute::email, "EMAIL", 255},
                                        {NameAttribute::locality, "L", 128},
                                        {NameAttribute::organisational_unit, "OU", 64},
                                        {NameAttribute::organisation, "O", 64},
                                        {NameAttribute::state, "ST", 128},
                                        {NameAttribute::country, "C", 2},
                                        {NameAttribute::user_id, "UID", 256}}};

const Kind& kind_of(NameAttribute attribute) {
    return *std::ranges::find(kinds, attribute, &Kind::attribute);
}

/// Takes the next code point off `text`; nothing for what RFC 3629 does not allow.
std::optional<char32_t> next_code_point(std::string_view& text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const auto first = byte(0);
    const std::size_t size = first < 0x80             ? 1
                             : (first & 0xe0) == 0xc0 ? 2
                             : (first & 0xf0) == 0xe0 ? 3
                             : (first & 0xf8) == 0xf0 ? 4
                                                      : 0;
    if (size == 0 || size > text.size()) return std::nullopt;
    constexpr std::array<std::uint8_t, 5> mask = {0, 0x7f, 0x1f, 0x0f, 0x07};
    constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    char32_t point = first & mask[size];
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
        point = point << 6 | (byte(i) & 0x3f);
    }
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (point < least[size] || point > 0x10ffff || surrogate) return std::nullopt;
    text.remove_prefix(size);
    return point;
}

/// Controls, and characters that matching maps to nothing or to a blank (RFC 4518 section 2.2), or
/// that change the direction of writing: what they make of a name nobody sees.
bool is_unsafe(char32_t c) {
    struct Range {
        char32_t first, last;
    };
    constexpr std::array<Range, 17> ranges = {{{0x00, 0x1f},
                                               {0x7f, 0xa0},
                                               {0xad, 0xad},
                                               {0x34f, 0x34f},
                                               {0x61c, 0x61c},
                                               {0x1680, 0x1680},
                                               {0x1806, 0x1806},
                                               {0x180b, 0x180e},
                                               {0x2000, 0x200f},
                                               {0x2028, 0x202f},
                                               {0x205f, 0x206f},
                                               {0x3000, 0x3000},
                                               {0xfe00, 0xfe0f},
                                               {0xfeff, 0xfeff},
                                               {0xfff9, 0xffff},
                                               {0x1d173, 0x1d17a},
                                               {0xe0000, 0x10ffff}}};
    return std::ranges::any_of(ranges, [&](Range r) { return c >= r.first && c <= r.last; });
}

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The part of `attribute`'s own rules.
bool fits(NameAttribute attribute, std::string_view value) {
    if (attribute == NameAttribute::country)
        return value.size() == 2 && std::ranges::all_of(value, is_ascii_letter);
    if (attribute == NameAttribute::email)
        return std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7f; });
    return true;
}

}  // namespace

std::optional<NameAttribute> name_attribute(std::string_view text) {
    for (const auto& kind : kinds)
        if (equal_ignoring_case(text, kind.text)) return kind.attribute;
    if (equal_ignoring_case(text, "E") || equal_ignoring_case(text, "emailAddress"))
        return NameAttribute::email;
    return std::nullopt;
}

std::string_view to_text(NameAttribute attribute) { return kind_of(attribute).text; }

Result<void> DistinguishedName::add(NameAttribute attribute, std::string_view value) {
    const auto& kind = kind_of(attribute);
    const auto refused = [&](Errc code, std::string_view why) {
        return Error{code, std::string(kind.text) + " " + std::string(why)};
    };
    if (parts_.size() >= parts_max)
        return Error{Errc::limit, "a subject has at most " + std::to_string(parts_max) + " parts"};
    if (value.empty()) return refused(Errc::malformed, "would be empty");
    if (value.front() == ' ' || value.back() == ' ' || value.find("  ") != value.npos)
        return refused(Errc::malformed, "would have a blank at an end, or two in a row");
    std::size_t characters = 0;
    for (auto rest = value; !rest.empty(); ++characters) {
        const auto point = next_code_point(rest);
        if (!point) return refused(Errc::malformed, "would not be UTF-8");
        if (is_unsafe(*point))
            return refused(Errc::malformed, "would have a control or invisible character");
        if (characters >= kind.characters_max)
            return refused(Errc::limit, "would be longer than " +
                                            std::to_string(kind.characters_max) + " characters");
    }
    if (!fits(attribute, value))
        return refused(Errc::malformed, attribute == NameAttribute::country
                                            ? "must be two letters"
                                            : "must be ASCII without blanks");
    parts_.push_back({attribute, std::string(value)});
    return {};
}

std::string DistinguishedName::text() const {
    std::string text;
    for (const auto& [attribute, value] : parts_) {
        if (!text.empty()) text += ',';
        text += to_text(attribute);
        text += '=';
        for (std::size_t i = 0; i < value.size(); ++i) {
            constexpr std::string_view special = "\"+,;<>\\=";
            if (special.find(value[i]) != special.npos || (i == 0 && value[i] == '#')) text += '\\';
            text += value[i];
        }
    }
    return text;
}

}  // namespace sallyport::certs
