#pragma once

#include "audit/verify.hpp"

#include <boost/json/array.hpp>

#include <span>

namespace sallyport::audit {

/// [{"file", "line", "verdict", "problem"}], as docs/AUDIT.md#verify shows them.
boost::json::array problems_json(std::span<const Problem> problems);

}  // namespace sallyport::audit
