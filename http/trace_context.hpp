#pragma once

#include "http/message.hpp"

#include <string_view>

namespace sallyport::http {

/// The trace id of a `traceparent` value (W3C Trace Context level 1, section 3.2): 32 characters of
/// 0-9 and a-f, not all zero; a view into the value. Empty if the value is not exactly what the
/// recommendation says: version 00 with its four parts, or a later version (but not ff) that begins
/// like it. Pure.
std::string_view trace_id_of(std::string_view traceparent);

/// The same of a request: empty if it has no `traceparent`, or more than one, since two readers
/// could follow different ones.
std::string_view trace_id_of(Fields fields);

}  // namespace sallyport::http
