#include "http/trace_context.hpp"

#include <algorithm>

namespace sallyport::http {
namespace {

// "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01": where each part begins.
constexpr std::size_t trace_at = 3;
constexpr std::size_t trace_size = 32;
constexpr std::size_t parent_at = 36;
constexpr std::size_t parent_size = 16;
constexpr std::size_t flags_at = 53;
constexpr std::size_t flags_size = 2;
constexpr std::size_t version_00_size = 55;

/// HEXDIGLC: lower case only.
bool is_hexadecimal(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == text.npos; }

}  // namespace

std::string_view trace_id_of(std::string_view traceparent) {
    if (traceparent.size() < version_00_size) return {};
    const auto version = traceparent.substr(0, 2);
    if (!is_hexadecimal(version) || version == "ff") return {};
    if (version == "00" && traceparent.size() != version_00_size) return {};
    // What a later version adds stands behind another dash (section 4.3, versioning).
    if (traceparent.size() > version_00_size && traceparent[version_00_size] != '-') return {};
    for (const auto dash : {trace_at - 1, parent_at - 1, flags_at - 1})
        if (traceparent[dash] != '-') return {};
    const auto trace = traceparent.substr(trace_at, trace_size);
    const auto parent = traceparent.substr(parent_at, parent_size);
    const auto flags = traceparent.substr(flags_at, flags_size);
    if (!is_hexadecimal(trace) || !is_hexadecimal(parent) || !is_hexadecimal(flags)) return {};
    return is_zero(trace) || is_zero(parent) ? std::string_view() : trace;
}

std::string_view trace_id_of(Fields fields) {
    constexpr std::string_view name = "traceparent";
    const auto* const end = fields.data() + fields.size();
    const auto* const first = find(fields, name);
    if (first == nullptr) return {};
    const bool again = find({first + 1, end}, name) != nullptr;
    return again ? std::string_view() : trace_id_of(first->value);
}

}  // namespace sallyport::http
