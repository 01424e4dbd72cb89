#pragma once

#include <string>
#include <string_view>

namespace sallyport {

/// Text for a person's terminal, in which others may have had a say: every control character but
/// line break and tab, also those of UTF-8 (U+0080 to U+009F), is a question mark, so that nobody
/// moves the cursor, hides a line or answers in the person's name.
std::string for_terminal(std::string_view text);

}  // namespace sallyport
