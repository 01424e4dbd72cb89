#include "forward/journal.hpp"

#include "forward/record_text.hpp"
#include "forward/syslog.hpp"

#include <boost/json/serialize.hpp>

#include <cstdint>

namespace sallyport::forward {
namespace {

/// journald drops fields with longer names (64 characters).
constexpr std::size_t field_name_bytes_max = 64;

/// "request_bytes" becomes "SALLYPORT_REQUEST_BYTES"; empty if it cannot be a name.
std::string field_name(std::string_view key) {
    std::string name = "SALLYPORT_";
    for (const char c : key) {
        const bool lower = c >= 'a' && c <= 'z';
        if (!lower && c != '_' && !(c >= '0' && c <= '9')) return {};
        name += lower ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return name.size() > field_name_bytes_max ? std::string() : name;
}

}  // namespace

void append_journal_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    if (value.find('\n') == std::string_view::npos) {
        out += '=';
    } else {
        out += '\n';
        std::uint64_t size = value.size();
        for (int i = 0; i < 8; ++i, size >>= 8U) out += static_cast<char>(size & 0xffU);
    }
    out += value;
    out += '\n';
}

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
        const auto name = field_name({key.data(), key.size()});
        if (name.empty() || value.is_structured() || value.is_null()) continue;
        const auto* text = value.if_string();
        append_journal_field(out, name, text ? std::string(*text) : boost::json::serialize(value));
    }
    return out;
}

}  // namespace sallyport::forward
