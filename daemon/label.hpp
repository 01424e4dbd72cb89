#pragma once

#include "certs/spiffe.hpp"

#include <string_view>

namespace sallyport::daemon {

/// Whether `text` may name a target or a witness of the audit log: it becomes part of the name of a
/// file.
inline bool is_label(std::string_view text) {
    return certs::is_safe_name(text) && text.front() != '.';
}
inline constexpr std::string_view label_rule =
    "must be 1 to 64 characters of A-Z a-z 0-9 . _ - and not begin with a dot";

}  // namespace sallyport::daemon
