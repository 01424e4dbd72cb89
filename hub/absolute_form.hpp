#pragma once

#include "base/result.hpp"

#include <string_view>

namespace sallyport::hub {

/// A request-target in absolute-form (RFC 9112 section 3.2.2) taken apart without changing a byte.
struct AbsoluteForm {
    std::string_view authority;  // "erp.virtual:44300", as written
    std::string_view target;     // from the path on; "/" if there was none, "/?q" never invented
};

/// Reads `http://authority[/path][?query]`. Errors, with a text for the caller: Errc::denied for
/// https (the hub must see the request to judge it), Errc::malformed for anything else. A query
/// straight after the authority ("http://h?q") is refused: it would need a byte of ours.
Result<AbsoluteForm> parse_absolute_form(std::string_view request_target);

}  // namespace sallyport::hub
