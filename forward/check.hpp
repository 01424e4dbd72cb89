#pragma once

#include "base/result.hpp"
#include "forward/settings.hpp"

namespace sallyport::forward {

/// Reads the files that a connection to the target needs. Errors say what is wrong with which.
Result<void> check_files(const Settings& settings);

}  // namespace sallyport::forward
