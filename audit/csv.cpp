#include "audit/csv.hpp"

#include "audit/query_filter.hpp"
#include "audit/render.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace sallyport::audit {
namespace {

/// New ones come behind, so that whoever counts columns finds the old ones where they were.
constexpr std::array<std::string_view, 42> csv_fields = {
    "exchange",  "outcome",       "status",         "reason",      "tenant",    "client",
    "hub",       "location",      "agent",          "user",        "user_type", "issuer",
    "principal", "virtual_host",  "internal_host",  "method",      "path",      "rule",
    "decision",  "request_bytes", "response_bytes", "duration_us", "function",  "sap_client",
    "sap_user",  "result",        "operation",      "bound_as",    "bind_dn",   "mechanism",
    "oid",       "destination",   "token_fault",    "act",         "who",       "account",
    "object",    "before",        "after",          "remote",      "code",      "trace"};

/// Who looks at it may do so on a terminal.
std::string csv_cell(std::string_view text) {
    constexpr std::string_view starts_a_formula = "=+-@\t\r";
    std::string cell;
    if (!text.empty() && starts_a_formula.find(text.front()) != std::string_view::npos)
        cell += '\'';
    cell += printable(text);
    if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
    std::string quoted = "\"";
    for (const char c : cell) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + "\"";
}

/// The field in the last record that has it.
const boost::json::value* field_of(const Finding& finding, std::string_view key) {
    for (auto record = finding.records.rbegin(); record != finding.records.rend(); ++record)
        if (const auto* value = record->fields.if_contains(key)) return value;
    return nullptr;
}

std::string csv_value(const Finding& finding, std::string_view key) {
    if (key == "decision") return csv_cell(decision_of(finding));
    const auto* value = field_of(finding, key);
    if (value == nullptr) return "";
    if (value->is_string()) return csv_cell(std::string_view(value->get_string()));
    return csv_cell(boost::json::serialize(*value));
}

/// JSON that a terminal shows as it is: controls that JSON may hold become escapes of its own.
std::string plain_json(const boost::json::object& object) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string plain;
    const auto text = boost::json::serialize(object);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto at = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
        const bool c1 = at(i) == 0xC2 && i + 1 < text.size() && at(i + 1) < 0xA0;
        if (!c1 && at(i) != 0x7F) {
            plain += text[i];
            continue;
        }
        i += c1 ? 1 : 0;
        plain += "\\u00";
        plain += digits[at(i) >> 4];
        plain += digits[at(i) & 15];
    }
    return plain;
}

/// What no column has. Of what begin and end both say but differently, the end's is `end_…`.
std::string details_of(const Finding& finding) {
    boost::json::object rest;
    for (const auto& record : finding.records) {
        const bool is_end = &record != &finding.records.front();
        for (const auto& [key, value] : record.fields) {
            if (std::ranges::find(csv_fields, std::string_view(key)) != csv_fields.end()) continue;
            if (is_commitment(key)) continue;        // what it commits to has a column
            if (is_end && key == "begin") continue;  // it is the `seq` of the row
            const auto* known = rest.if_contains(key);
            if (known != nullptr && *known != value)
                rest["end_" + std::string(key)] = value;
            else
                rest[key] = value;
        }
    }
    return rest.empty() ? std::string() : csv_cell(plain_json(rest));
}

}  // namespace

std::string csv_head() {
    std::string row = "seq,time,event";
    for (const auto field : csv_fields) row.append(",").append(field);
    return row + ",end_seq,end_time,details\r\n";
}

std::string csv_row(const Finding& finding) {
    const auto& record = finding.records.front();
    const bool is_pair = finding.records.size() > 1;
    auto row = std::to_string(record.sequence) + "," + to_rfc3339(record.time) + "," +
               csv_cell(!is_pair                          ? record.event
                        : record.event == event::rfc_call ? event::rfc_call
                                                          : "exchange");
    for (const auto field : csv_fields) row += "," + csv_value(finding, field);
    const auto& end = finding.records.back();
    row += is_pair ? "," + std::to_string(end.sequence) + "," + to_rfc3339(end.time) : ",,";
    return row + "," + details_of(finding) + "\r\n";
}

}  // namespace sallyport::audit
