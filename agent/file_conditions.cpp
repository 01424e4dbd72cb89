#include "agent/file_conditions.hpp"

#include "base/bytes.hpp"
#include "http/date.hpp"
#include "http/h1_characters.hpp"

#include <algorithm>
#include <string_view>

namespace sallyport::agent {
namespace {

enum class TagComparison { strong, weak };  // RFC 9110 section 8.8.3.2

/// Whether a list of entity tags has this one; what cannot be read matches nothing.
bool has_tag(std::string_view list, std::string_view etag, TagComparison comparison) {
    while (true) {
        while (list.starts_with(',') || list.starts_with(' ') || list.starts_with('\t'))
            list.remove_prefix(1);
        const bool weak = list.starts_with("W/");
        if (weak) list.remove_prefix(2);
        if (!list.starts_with('"')) return false;
        const auto end = list.find('"', 1);
        if (end == std::string_view::npos) return false;
        const bool counts = !weak || comparison == TagComparison::weak;
        if (counts && list.substr(0, end + 1) == etag) return true;
        list.remove_prefix(end + 1);
    }
}

/// Nothing if there is no such field.
std::optional<bool> names_version(http::Fields fields, std::string_view name,
                                  const std::optional<FileVersion>& version,
                                  TagComparison comparison) {
    std::optional<bool> named;
    for (const auto& field : fields) {
        if (field.name != name) continue;
        const bool any = http::h1::trim(field.value) == "*";
        const bool here = version && (any || has_tag(field.value, version->etag(), comparison));
        named = named.value_or(false) || here;
    }
    return named;
}

std::optional<std::chrono::sys_seconds> date_of(http::Fields fields, std::string_view name) {
    const auto* field = http::find(fields, name);
    return field == nullptr ? std::nullopt : http::read_date(field->value);
}

std::optional<std::uint64_t> number(std::string_view text) {
    const auto value = parse_decimal(text);
    if (!value) return std::nullopt;
    return *value;
}

/// Whether If-Range lets the Range count: the version it names must be this one, and for sure.
bool range_counts(http::Fields fields, const FileVersion& version) {
    const auto* condition = http::find(fields, "if-range");
    if (condition == nullptr) return true;
    if (condition->value.starts_with('"'))
        return http::h1::trim(condition->value) == version.etag();
    const auto date = http::read_date(condition->value);
    return date && *date == version.time();
}

}  // namespace

std::string FileVersion::etag() const {
    const auto hex = [](std::uint64_t value) {
        std::string text;
        do text.insert(text.begin(), "0123456789abcdef"[value & 15U]);
        while ((value >>= 4U) != 0);
        return text;
    };
    return '"' + hex(modified) + '-' + hex(size) + '"';
}

Conditions judge_conditions(http::Fields fields, Access access,
                            const std::optional<FileVersion>& version) {
    const auto match = names_version(fields, "if-match", version, TagComparison::strong);
    if (match && !*match) return Conditions::fail;
    if (!match) {
        const auto date = date_of(fields, "if-unmodified-since");
        if (date && version && version->time() > *date) return Conditions::fail;
    }
    const auto none = names_version(fields, "if-none-match", version, TagComparison::weak);
    if (none)
        return !*none                    ? Conditions::hold
               : access == Access::reads ? Conditions::not_modified
                                         : Conditions::fail;
    if (access == Access::changes) return Conditions::hold;
    const auto since = date_of(fields, "if-modified-since");
    return since && version && version->time() <= *since ? Conditions::not_modified
                                                         : Conditions::hold;
}

FilePart choose_part(http::Fields fields, const FileVersion& version) {
    const FilePart whole{FilePart::Kind::whole, 0, version.size};
    const auto* range = http::find(fields, "range");
    constexpr std::string_view unit = "bytes=";
    if (range == nullptr || !equal_ignoring_case(range->value.substr(0, unit.size()), unit) ||
        !range_counts(fields, version))
        return whole;
    const auto text = http::h1::trim(range->value.substr(unit.size()));
    const auto dash = text.find('-');
    if (dash == std::string_view::npos || text.find(',') != std::string_view::npos) return whole;
    const auto first = number(text.substr(0, dash));
    const auto last = number(text.substr(dash + 1));
    const FilePart none{FilePart::Kind::unsatisfiable, 0, 0};
    if (dash == 0) {  // the last so many bytes
        if (!last) return whole;
        if (*last == 0 || version.size == 0) return none;
        const auto bytes = std::min(*last, version.size);
        return {FilePart::Kind::part, version.size - bytes, bytes};
    }
    if (!first || (!last && dash + 1 != text.size()) || (last && *last < *first)) return whole;
    if (*first >= version.size) return none;
    const auto end = last ? std::min(*last, version.size - 1) : version.size - 1;
    return {FilePart::Kind::part, *first, end - *first + 1};
}

}  // namespace sallyport::agent
