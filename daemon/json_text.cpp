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

}  // namespace sallyport::daemon
