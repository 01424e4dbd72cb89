// What systemd-journald takes at its socket (systemd's "Native Journal Protocol"): one datagram for
// each entry, made of fields.
#pragma once

#include <string>
#include <string_view>

namespace sallyport {

/// One field. `name` is of A-Z, 0-9 and _; the value may be anything.
void append_journal_field(std::string& out, std::string_view name, std::string_view value);

/// "request_bytes" becomes "SALLYPORT_REQUEST_BYTES"; empty if it cannot be a name.
std::string journal_field_name(std::string_view key);

}  // namespace sallyport
