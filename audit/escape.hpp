// How texts stand in the lines of the log (docs/AUDIT.md#texts).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::audit {

/// Appends `value` as it stands between the quotes of a JSON text, at most `bytes_max` bytes of it,
/// cut between characters; false if it did not fit.
bool append_escaped(std::string& out, std::string_view value, std::size_t bytes_max);

/// What a JSON parser makes of a text that append_escaped() wrote.
void append_unescaped(std::string& out, std::string_view escaped);

/// Appends a text that was read from the log, whose marks for bytes that are not UTF-8 shall stay.
void append_escaped_again(std::string& out, std::string_view text);

}  // namespace sallyport::audit
