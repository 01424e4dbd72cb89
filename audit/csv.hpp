// Findings for spreadsheets (RFC 4180). No text from the log starts a formula.
#pragma once

#include "audit/query.hpp"

#include <string>

namespace sallyport::audit {

/// A header line, and a row per finding. A field that a spreadsheet would take for a formula begins
/// with an apostrophe. What has no column of its own stands in the last one, as JSON.
std::string csv_head();
std::string csv_row(const Finding& finding);

}  // namespace sallyport::audit
