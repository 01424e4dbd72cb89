// Findings for people. Nothing here lets a text from the log move the cursor.
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

/// Whether a field of a record only commits to a personal value, which stands beside it if it is
/// disclosed.
bool is_commitment(std::string_view key);

/// `text` without control characters: each becomes `\xNN` of its bytes.
std::string printable(std::string_view text);

}  // namespace sallyport::audit
