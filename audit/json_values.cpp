#include "audit/json_values.hpp"

#include "base/bytes.hpp"

#include <boost/json/array.hpp>

namespace sallyport::audit {

std::string JsonValues::text(std::string_view key) {
    const auto* value = object_.if_contains(key);
    if (value && value->is_string()) return std::string(value->get_string());
    good_ = false;
    return {};
}

std::string JsonValues::bytes(std::string_view key) {
    const auto bytes = from_hex(text(key));
    good_ = good_ && bytes;
    return bytes ? std::string(as_text(*bytes)) : std::string();
}

std::uint64_t JsonValues::number(std::string_view key) {
    const auto* value = object_.if_contains(key);
    boost::system::error_code failure;
    const auto number = value ? value->to_number<std::uint64_t>(failure) : 0;
    good_ = good_ && value && !failure;
    return number;
}

bool JsonValues::flag(std::string_view key) {
    const auto* value = object_.if_contains(key);
    good_ = good_ && value && value->is_bool();
    return good_ && value->get_bool();
}

std::optional<WallTime> JsonValues::time(std::string_view key) {
    const auto written = text(key);
    if (written.empty()) return std::nullopt;
    const auto time = parse_rfc3339(written);
    good_ = good_ && time;
    return time ? std::optional(*time) : std::nullopt;
}

std::vector<std::string> JsonValues::texts(std::string_view key) {
    std::vector<std::string> all;
    const auto* value = object_.if_contains(key);
    good_ = good_ && value && value->is_array();
    if (!good_) return all;
    for (const auto& element : value->get_array()) {
        good_ = good_ && element.is_string();
        if (element.is_string()) all.emplace_back(element.get_string());
    }
    return all;
}

}  // namespace sallyport::audit
