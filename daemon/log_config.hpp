#pragma once

#include "base/config_reader.hpp"
#include "base/log.hpp"

#include <string_view>

namespace sallyport::daemon {

/// Errors: Errc::malformed.
Result<log::Level> log_level(std::string_view text);

/// [log], and `log_level` of the program's own table, which stands for [log] level. Leaves `own`
/// to be finished.
log::Settings read_log(ConfigTable own, ConfigTable table);

}  // namespace sallyport::daemon
