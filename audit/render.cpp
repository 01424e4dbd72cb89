#include "audit/render.hpp"

#include "audit/disclosure.hpp"
#include "audit/record_fields.hpp"

#include <boost/json/serialize.hpp>

namespace sallyport::audit {
namespace {

constexpr std::size_t sequence_width = 8;
constexpr std::size_t time_width = 27;
constexpr std::size_t what_width = 20;
constexpr std::size_t status_width = 6;
constexpr std::size_t user_width = 24;
constexpr std::size_t duration_width = 11;

void add_cell(std::string& row, std::string_view text, std::size_t width) {
    row += text;
    row.append(text.size() < width ? width - text.size() : 0, ' ');
    row += "  ";
}

/// The first two columns of every row.
std::string row_of(Sequence sequence, WallTime time) {
    const auto number = std::to_string(sequence);
    std::string row(number.size() < sequence_width ? sequence_width - number.size() : 0, ' ');
    add_cell(row, number, 0);
    add_cell(row, to_rfc3339(time), time_width);
    return row;
}

std::string milliseconds(std::optional<std::uint64_t> microseconds) {
    if (!microseconds) return "";
    const auto tenths = (*microseconds + 50) / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

bool is_exchange(const Record& record) {
    return record.event == event::exchange_begin || record.event == event::exchange_end ||
           record.event == event::rfc_call || record.event == event::rfc_call_end;
}

std::string field_text(const boost::json::value& value) {
    if (value.is_string()) return {value.get_string().data(), value.get_string().size()};
    return boost::json::serialize(value);
}

/// "LDAP ldap.virtual:389 bind cn=jane", "… extended 1.3.6.1.4.1.4203.1.11.3"
std::string operation_text(const Record& record) {
    auto text = "LDAP " + printable(record.text("virtual_host")) + " " +
                printable(record.text("operation"));
    for (const auto* key : {"bind_dn", "mechanism", "oid"})
        if (const auto value = record.text(key); !value.empty()) text += " " + printable(value);
    return text + "  ";
}

std::string operation_row(const Record& record) {
    auto row = row_of(record.sequence, record.time);
    const auto who = record.text("bound_as");
    add_cell(row, printable(record.text("decision")), what_width);
    add_cell(row, "-", status_width);
    add_cell(row, printable(who.empty() ? "-" : who), user_width);
    add_cell(row, {}, duration_width);
    row += operation_text(record);
    if (const auto reason = record.text("reason"); !reason.empty())
        row += "(" + printable(reason) + ")  ";
    return row + "[" + printable(record.text("exchange")) + "]\n";
}

/// `fields` is a Finding or a Record.
template <class Fields>
std::string exchange_row(const Fields& fields, const Record& first, std::string_view what) {
    auto row = row_of(first.sequence, first.time);
    const auto status = fields.number("status").value_or(0);
    const auto function = fields.text("function");
    const auto user = fields.text(function.empty() ? "user" : "sap_user");
    add_cell(row, printable(what), what_width);
    add_cell(row, status > 0 ? std::to_string(status) : "-", status_width);
    add_cell(row, printable(user.empty() ? "-" : user), user_width);
    add_cell(row, milliseconds(fields.number("duration_us")), duration_width);
    if (const auto method = fields.text("method"); !method.empty())
        row += printable(method) + " " + printable(fields.text("virtual_host")) +
               printable(fields.text("path")) + "  ";
    if (!function.empty())
        row += "RFC " + printable(fields.text("virtual_host")) + " " + printable(function) + "  ";
    if (const auto reason = fields.text("reason"); !reason.empty())
        row += "(" + printable(reason) + ")  ";
    // Who else may say whose request it was.
    if (const auto fault = fields.text("token_fault"); !fault.empty())
        row += "token: " + printable(fault) + "  ";
    if (const auto client = fields.text("client"); user.empty() && !client.empty())
        row += "from " + printable(client) + "  ";
    return row + "[" + printable(fields.text("exchange")) + "]\n";
}

std::string event_row(const Record& record) {
    auto row = row_of(record.sequence, record.time);
    add_cell(row, printable(record.event), what_width);
    for (const auto& [key, value] : record.fields) {
        if (is_commitment(key)) continue;  // what it commits to stands beside it
        row += printable(key) + "=" + printable(field_text(value)) + " ";
    }
    while (row.ends_with(' ')) row.pop_back();
    return row + "\n";
}

}  // namespace

bool is_commitment(std::string_view key) {
    if (!key.ends_with(commitment_suffix)) return false;
    key.remove_suffix(commitment_suffix.size());
    return is_personal(key);
}

std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string clean;
    const auto escape = [&](char c) {
        const auto byte = static_cast<unsigned char>(c);
        clean += "\\x";
        clean += digits[byte >> 4];
        clean += digits[byte & 15];
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool c1 = byte == 0xC2 && i + 1 < text.size() &&
                        static_cast<unsigned char>(text[i + 1]) < 0xA0;  // U+0080 to U+009F
        if (c1) {
            escape(text[i++]);
            escape(text[i]);
            continue;
        }
        if (byte < 0x20 || byte == 0x7F) {
            escape(text[i]);
            continue;
        }
        clean += text[i];
    }
    return clean;
}

std::string table_head() {
    std::string row(sequence_width - 3, ' ');
    add_cell(row, "SEQ", 0);
    add_cell(row, "TIME", time_width);
    add_cell(row, "OUTCOME OR EVENT", what_width);
    add_cell(row, "STATUS", status_width);
    add_cell(row, "USER", user_width);
    add_cell(row, "DURATION", duration_width);
    return row + "REQUEST\n";
}

std::string table_row(const Finding& finding) {
    const auto& record = finding.records.front();
    if (record.event == event::ldap_operation) return operation_row(record);
    if (!is_exchange(record)) return event_row(record);
    const auto outcome = finding.text("outcome");
    return exchange_row(finding, record, outcome.empty() ? "open" : outcome);
}

std::string record_row(const Record& record) {
    if (record.event == event::ldap_operation) return operation_row(record);
    if (!is_exchange(record)) return event_row(record);
    const auto outcome = record.text("outcome");
    return exchange_row(record, record, outcome.empty() ? "begin" : outcome);
}

}  // namespace sallyport::audit
