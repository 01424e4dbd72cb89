#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace sallyport::daemon {

/// A value of an answer as people read it: a text without its quotes.
std::string text_of(const boost::json::value& value);
/// The same of a list, with commas between.
std::string names_of(const boost::json::array& names);

}  // namespace sallyport::daemon
