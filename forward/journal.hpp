// What systemd-journald takes at its socket (systemd's "Native Journal Protocol"): one datagram for
// each entry.
#pragma once

#include "audit/record.hpp"

#include <string>
#include <string_view>

namespace sallyport::forward {

/// One field. `name` is of A-Z, 0-9 and _; the value may be anything.
void append_journal_field(std::string& out, std::string_view name, std::string_view value);

/// MESSAGE (`body`), PRIORITY, SYSLOG_IDENTIFIER, SYSLOG_FACILITY, SALLYPORT_SEQ, SALLYPORT_EVENT,
/// SALLYPORT_TIME, and SALLYPORT_<KEY> for each text and number of the record.
std::string journal_entry(std::string_view program, const audit::Record& record,
                          std::string_view body);

}  // namespace sallyport::forward
