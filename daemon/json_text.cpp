#include "daemon/json_text.hpp"

#include <boost/json/serialize.hpp>

namespace sallyport::daemon {

std::string text_of(const boost::json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
}

std::string names_of(const boost::json::array& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + text_of(name);
    return text;
}

std::string text_at(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value == nullptr || value->is_null() ? std::string() : text_of(*value);
}

std::uint64_t number_at(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return 0;
    boost::system::error_code failure;
    const auto number = value->to_number<std::uint64_t>(failure);
    return failure ? 0 : number;
}

bool flag_at(const boost::json::object& object, std::string_view key, bool fallback) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_bool() ? value->get_bool() : fallback;
}

const boost::json::object& object_at(const boost::json::object& object, std::string_view key) {
    static const boost::json::object empty;
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_object() ? value->get_object() : empty;
}

const boost::json::array& array_at(const boost::json::object& object, std::string_view key) {
    static const boost::json::array empty;
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_array() ? value->get_array() : empty;
}

}  // namespace sallyport::daemon
