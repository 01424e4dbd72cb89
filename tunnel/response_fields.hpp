#pragma once

#include "http/message.hpp"

#include <boost/container/small_vector.hpp>

#include <array>
#include <string_view>

namespace sallyport::tunnel {

/// A response head as the fields of an HTTP/2 HEADERS frame. Views into the head and this object.
class ResponseFields {
public:
    /// Leaves out what must not stand there: fields of a connection, reserved ones, content-length.
    /// `upgrade`: the protocol the request asked for; a 101 becomes a 200 that says so, since
    /// HTTP/2 has no 101 (RFC 8441 section 5).
    ResponseFields(const http::ResponseHead& head, std::string_view upgrade);
    ResponseFields(const ResponseFields&) = delete;
    ResponseFields& operator=(const ResponseFields&) = delete;

    http::Fields all() const { return {fields_.data(), fields_.size()}; }

private:
    std::array<char, 3> status_;
    std::array<char, 20> length_;
    boost::container::small_vector<http::Field, 32> fields_;
};

}  // namespace sallyport::tunnel
