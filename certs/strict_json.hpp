#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <string_view>

namespace sallyport::certs {

struct JsonLimits {
    std::size_t bytes_max = 64 * 1024;
    std::size_t depth_max = 16;  // nested objects and arrays
};

/// RFC 8259 as I-JSON (RFC 7493): a duplicate member is an error, not "the last one wins", because
/// two readers that pick differently are a hole; invalid UTF-8, lone surrogates, comments, trailing
/// commas and anything after the value are errors too. The value lives in `storage`.
/// Errors: Errc::malformed, Errc::limit.
Result<boost::json::value> parse_strict_json(std::string_view text, const JsonLimits& limits = {},
                                             boost::json::storage_ptr storage = {});

/// The same, and it must be an object.
Result<boost::json::object> parse_strict_object(std::string_view text,
                                                const JsonLimits& limits = {},
                                                boost::json::storage_ptr storage = {});

/// About how much memory a value takes: for limits on what is kept.
std::size_t bytes_of(const boost::json::value& value);
std::size_t bytes_of(const boost::json::object& object);

}  // namespace sallyport::certs
