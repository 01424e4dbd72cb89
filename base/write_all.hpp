#pragma once

#include "base/result.hpp"

#include <string_view>

namespace sallyport {

/// Writes all of `content` to the descriptor, from where it stands; `name` is for the error.
/// Errors: the operating system's; part of it may have been written.
Result<void> write_all(int fd, std::string_view content, std::string_view name);

}  // namespace sallyport
