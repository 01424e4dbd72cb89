#pragma once

#include "audit/record.hpp"

#include <string>
#include <string_view>

namespace sallyport::audit {

/// A record in the words of the Elastic Common Schema 8.11: one JSON object, with a newline. What
/// has no word there stands under `sallyport`. `line` is the record as it stands in the log;
/// `event.hash` is its SHA-256.
std::string ecs_line(const Record& record, std::string_view line);

}  // namespace sallyport::audit
