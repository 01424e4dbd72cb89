#include "audit/render.hpp"

#include "audit/record_fields.hpp"

#include <boost/json/serialize.hpp>

#include <array>

namespace sallyport::audit {
namespace {

constexpr std::size_t time_width = 27;
constexpr std::size_t what_width = 20;
constexpr std::size_t status_width = 6;
constexpr std::size_t user_width = 24;
constexpr std::size_t duration_width = 11;

constexpr std::array<std::string_view, 22> csv_fields = {
    "exchange",  "outcome",       "status",         "reason",     "tenant",    "client",
    "hub",       "location",      "agent",          "user",       "user_type", "issuer",
    "principal", "virtual_host",  "internal_host",  "method",     "path",      "rule",
    "decision",  "request_bytes", "response_bytes", "duration_us"};

void add_cell(std::string& row, std::string_view text, std::size_t width) {
    row += text;
    row.append(text.size() < width ? width - text.size() : 0, ' ');
    row += "  ";
}

std::string milliseconds(std::optional<std::uint64_t> microseconds) {
    if (!microseconds) return "";
    const auto tenths = (*microseconds + 50) / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

bool is_exchange(const Record& record) {
    return record.event == event::exchange_begin || record.event == event::exchange_end;
}

std::string field_text(const boost::json::value& value) {
    if (value.is_string()) return {value.get_string().data(), value.get_string().size()};
    return boost::json::serialize(value);
}

/// `fields` is a Finding or a Record.
template <class Fields>
std::string exchange_row(const Fields& fields, WallTime time, std::string_view what) {
    std::string row;
    const auto status = fields.number("status").value_or(0);
    const auto user = fields.text("user");
    add_cell(row, to_rfc3339(time), time_width);
    add_cell(row, printable(what), what_width);
    add_cell(row, status > 0 ? std::to_string(status) : "-", status_width);
    add_cell(row, printable(user.empty() ? "-" : user), user_width);
    add_cell(row, milliseconds(fields.number("duration_us")), duration_width);
    if (const auto method = fields.text("method"); !method.empty())
        row += printable(method) + " " + printable(fields.text("virtual_host")) +
               printable(fields.text("path")) + "  ";
    if (const auto reason = fields.text("reason"); !reason.empty())
        row += "(" + printable(reason) + ")  ";
    return row + "[" + printable(fields.text("exchange")) + "]\n";
}

std::string event_row(const Record& record) {
    std::string row;
    add_cell(row, to_rfc3339(record.time), time_width);
    add_cell(row, printable(record.event), what_width);
    for (const auto& [key, value] : record.fields)
        row += printable(key) + "=" + printable(field_text(value)) + " ";
    while (row.ends_with(' ')) row.pop_back();
    return row + "\n";
}

std::string csv_cell(std::string_view text) {
    constexpr std::string_view starts_a_formula = "=+-@\t\r";
    std::string cell;
    if (!text.empty() && starts_a_formula.find(text.front()) != std::string_view::npos)
        cell += '\'';
    cell += text;
    if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
    std::string quoted = "\"";
    for (const char c : cell) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + "\"";
}

std::string csv_value(const Finding& finding, std::string_view key) {
    if (const auto text = finding.text(key); !text.empty()) return csv_cell(text);
    const auto number = finding.number(key);
    return number ? std::to_string(*number) : "";
}

}  // namespace

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
    std::string row;
    add_cell(row, "TIME", time_width);
    add_cell(row, "OUTCOME OR EVENT", what_width);
    add_cell(row, "STATUS", status_width);
    add_cell(row, "USER", user_width);
    add_cell(row, "DURATION", duration_width);
    return row + "REQUEST\n";
}

std::string table_row(const Finding& finding) {
    const auto& record = finding.records.front();
    if (!is_exchange(record)) return event_row(record);
    const auto outcome = finding.text("outcome");
    return exchange_row(finding, record.time, outcome.empty() ? "open" : outcome);
}

std::string record_row(const Record& record) {
    if (!is_exchange(record)) return event_row(record);
    const auto outcome = record.text("outcome");
    return exchange_row(record, record.time, outcome.empty() ? "begin" : outcome);
}

std::string csv_head() {
    std::string row = "seq,time,event";
    for (const auto field : csv_fields) row.append(",").append(field);
    return row + "\r\n";
}

std::string csv_row(const Finding& finding) {
    const auto& record = finding.records.front();
    auto row = std::to_string(record.sequence) + "," + to_rfc3339(record.time) + "," +
               csv_cell(finding.records.size() > 1 ? "exchange" : record.event);
    for (const auto field : csv_fields) row += "," + csv_value(finding, field);
    return row + "\r\n";
}

}  // namespace sallyport::audit
