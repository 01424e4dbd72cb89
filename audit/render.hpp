// Findings for people and for spreadsheets. Nothing here lets a text from the log move the cursor
// or start a formula.
#pragma once

#include "audit/query.hpp"

#include <string>

namespace sallyport::audit {

/// Column titles, with a newline.
std::string table_head();
/// One line per exchange or event.
std::string table_row(const Finding& finding);

/// One line for a single record, as `audit tail` shows it, under the same titles.
std::string record_row(const Record& record);

/// RFC 4180, with a header line. A field that a spreadsheet would take for a formula begins with an
/// apostrophe.
std::string csv_head();
std::string csv_row(const Finding& finding);

/// `text` without control characters: each becomes `\xNN` of its bytes.
std::string printable(std::string_view text);

}  // namespace sallyport::audit
