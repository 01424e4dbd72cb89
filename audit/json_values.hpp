#pragma once

#include "audit/clock.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// Reads values off an object; remembers whether one was missing or of another kind.
class JsonValues {
public:
    explicit JsonValues(const boost::json::object& object) : object_(object) {}

    std::string text(std::string_view key);
    /// Of a text in hexadecimal.
    std::string bytes(std::string_view key);
    std::uint64_t number(std::string_view key);
    bool flag(std::string_view key);
    /// Of an empty text: none.
    std::optional<WallTime> time(std::string_view key);
    std::vector<std::string> texts(std::string_view key);

    bool good() const { return good_; }

private:
    const boost::json::object& object_;
    bool good_ = true;
};

}  // namespace sallyport::audit
