// An audit record as an entry of the journal (base/journal_field.hpp).
#pragma once

#include "audit/record.hpp"

#include <string>
#include <string_view>

namespace sallyport::forward {

/// MESSAGE (`body`), PRIORITY, SYSLOG_IDENTIFIER, SYSLOG_FACILITY, SALLYPORT_SEQ, SALLYPORT_EVENT,
/// SALLYPORT_TIME, and SALLYPORT_<KEY> for each text and number of the record.
std::string journal_entry(std::string_view program, const audit::Record& record,
                          std::string_view body);

}  // namespace sallyport::forward
