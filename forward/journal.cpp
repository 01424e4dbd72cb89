#include "forward/journal.hpp"

#include "base/journal_field.hpp"
#include "forward/record_text.hpp"
#include "forward/syslog.hpp"

#include <boost/json/serialize.hpp>

namespace sallyport::forward {
std::string journal_entry(std::string_view program, const audit::Record& record,
                          std::string_view body) {
    std::string out;
    const auto priority = static_cast<int>(severity_of(record));
    append_journal_field(out, "MESSAGE", body);
    append_journal_field(out, "PRIORITY", std::to_string(priority));
    append_journal_field(out, "SYSLOG_FACILITY", std::to_string(syslog_facility));
    append_journal_field(out, "SYSLOG_IDENTIFIER", std::string(program) + "-audit");
    append_journal_field(out, "SALLYPORT_SEQ", std::to_string(record.sequence));
    append_journal_field(out, "SALLYPORT_EVENT", record.event);
    append_journal_field(out, "SALLYPORT_TIME", audit::to_rfc3339(record.time));
    for (const auto& [key, value] : record.fields) {
        const auto name = journal_field_name({key.data(), key.size()});
        if (name.empty() || value.is_structured() || value.is_null()) continue;
        const auto* text = value.if_string();
        append_journal_field(out, name, text ? std::string(*text) : boost::json::serialize(value));
    }
    return out;
}

}  // namespace sallyport::forward
