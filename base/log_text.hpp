// How values stand in lines of the log. Whatever a peer sends, a line stays one line, its keys are
// ours, and a terminal does nothing but show it.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::log {

/// As it is if it is plain; else in quotes, with \" and \\, and \xNN for each byte of control
/// characters, of marks that change the direction or end a line, and of what is no UTF-8.
void append_text(std::string& out, std::string_view value);

/// A JSON string (RFC 8259 section 7), always UTF-8: the same characters as \uNNNN, bytes that are
/// no UTF-8 as U+FFFD.
void append_json(std::string& out, std::string_view value);

}  // namespace sallyport::log
