#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// A value of an answer as people read it: a text without its quotes.
std::string text_of(const boost::json::value& value);
/// The same of a list, with commas between.
std::string names_of(const boost::json::array& names);

// What an answer says under `key`, perhaps that of another version: where it is missing or of
// another kind, "", 0, the fallback, or something empty.
std::string text_at(const boost::json::object& object, std::string_view key);
std::uint64_t number_at(const boost::json::object& object, std::string_view key);
bool flag_at(const boost::json::object& object, std::string_view key, bool fallback);
const boost::json::object& object_at(const boost::json::object& object, std::string_view key);
const boost::json::array& array_at(const boost::json::object& object, std::string_view key);

}  // namespace sallyport::daemon
