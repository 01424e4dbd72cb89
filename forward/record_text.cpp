#include "forward/record_text.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::forward {
namespace {

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

/// Length of the control character or line separator that `text` begins with, where some readers
/// end a line, or a text; 0 if it begins with something else.
std::size_t control_bytes(std::string_view text, std::uint32_t& point) {
    const auto at = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    point = at(0);
    if (point < 0x20 || point == 0x7f) return 1;
    if (point == 0xc2 && at(1) >= 0x80 && at(1) < 0xa0) {
        point = at(1);
        return 2;
    }
    if (point == 0xe2 && at(1) == 0x80 && (at(2) == 0xa8 || at(2) == 0xa9)) {
        point = 0x2000 + at(2) - 0x80;
        return 3;
    }
    return 0;
}

/// With a backslash before each of `special`, and controls as "\\u001b": a backslash, and what JSON
/// writes.
std::string cef_text(std::string_view text, std::string_view special) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    while (!text.empty()) {
        std::uint32_t point = 0;
        const auto control = control_bytes(text, point);
        if (control > 0) {
            out += "\\\\u";
            for (int shift = 12; shift >= 0; shift -= 4) out += digits[(point >> shift) & 0xf];
            text.remove_prefix(control);
            continue;
        }
        if (special.find(text.front()) != special.npos) out += '\\';
        out += text.front();
        text.remove_prefix(1);
    }
    return out;
}

/// CEF has names for some of what a record says. Where two fields want the same one, the first has
/// it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> cef_names = {{
    {"user", "suser"},
    {"account", "suser"},
    {"who", "suid"},
    {"client", "sourceServiceName"},
    {"virtual_host", "dhost"},
    {"internal_host", "destinationServiceName"},
    {"method", "requestMethod"},
    {"path", "request"},
    {"outcome", "outcome"},
    {"reason", "reason"},
    {"decision", "act"},
    {"act", "act"},
    {"operation", "act"},
    {"function", "request"},
    {"remote", "src"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> cef_custom = {{
    {"exchange", "cs1"},
    {"tenant", "cs2"},
    {"principal", "cs3"},
    {"rule", "cs4"},
    {"hub", "cs5"},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> cef_numbers = {{
    {"request_bytes", "in"},
    {"response_bytes", "out"},
    {"status", "cn1"},
}};

/// An address with its port is none that CEF takes.
std::string_view address_of(std::string_view remote) {
    remote = remote.substr(0, remote.rfind(':'));
    if (remote.starts_with('[') && remote.ends_with(']'))
        remote = remote.substr(1, remote.size() - 2);
    return remote;
}

/// The extension of a CEF line: each key once, and what has none of its own in `msg`, so that
/// nothing of the record is lost.
class CefExtension {
public:
    explicit CefExtension(const audit::Record& record) : rest_(record.fields) {
        const auto since = record.time.time_since_epoch();
        const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
        add("rt", std::to_string(time));
        add("externalId", std::to_string(record.sequence));
        for (const auto& [field, key] : cef_names) {
            const auto text = record.text(field);
            move(field, key, field == "remote" ? address_of(text) : text);
        }
        for (const auto& [field, key] : cef_numbers)
            if (const auto number = record.number(field)) move(field, key, std::to_string(*number));
        for (const auto& [field, key] : cef_custom) move(field, key, record.text(field));
        for (const auto& [field, key] : cef_custom) label(field, key);
        label("status", "cn1");
        if (!rest_.empty()) add("msg", boost::json::serialize(rest_));
    }
    std::string take() { return std::move(text_); }

private:
    void add(std::string_view key, std::string_view value) {
        used_.emplace_back(key);
        text_ += text_.empty() ? "" : " ";
        text_ += key;
        text_ += '=';
        text_ += cef_text(value, "\\=");
    }
    bool has(std::string_view key) const { return std::ranges::find(used_, key) != used_.end(); }
    void move(std::string_view field, std::string_view key, std::string_view value) {
        if (value.empty() || has(key)) return;
        add(key, value);
        rest_.erase(field);
    }
    void label(std::string_view field, std::string_view key) {
        if (has(key)) add(std::string(key) + "Label", field);
    }

    boost::json::object rest_;  // fields without a key
    std::vector<std::string> used_;
    std::string text_;
};

int cef_severity(Severity severity) {
    switch (severity) {
        case Severity::error:
            return 8;
        case Severity::warning:
            return 6;
        case Severity::notice:
            return 3;
        case Severity::informational:
            return 1;
    }
    return 0;
}

}  // namespace

std::string_view to_text(Kind kind) {
    switch (kind) {
        case Kind::syslog:
            return "syslog";
        case Kind::journald:
            return "journald";
        case Kind::file:
            return "file";
        case Kind::sftp:
            return "sftp";
    }
    return {};
}

Severity severity_of(const audit::Record& record) {
    const std::string_view event = record.event;
    if (one_of(event, {"log.disk_full", "agent.alarm"}) || record.fields.contains("broken"))
        return Severity::error;
    const auto outcome = record.text("outcome");
    if (!outcome.empty() && !one_of(outcome, {"answered", "done"})) return Severity::warning;
    if (record.text("decision") == "refused") return Severity::warning;
    if (event.ends_with(".refused") || event.ends_with("_refused")) return Severity::warning;
    if (one_of(event, {"log.recovered", "log.watermark", "clock.step", "ldap.unseen",
                       "refusals.left_out"}))
        return Severity::warning;
    if (event.starts_with("exchange.") || event.starts_with("rfc.") || event.starts_with("ldap.") ||
        event.starts_with("segment.") || event == "log.heartbeat")
        return Severity::informational;
    return Severity::notice;
}

std::string body_of(const audit::Record& record, std::string_view line, Format format) {
    if (format == Format::cef) return to_cef(record);
    if (line.ends_with('\n')) line.remove_suffix(1);
    return std::string(line);
}

std::string to_cef(const audit::Record& record) {
    const auto event = cef_text(record.event, "\\|");
    return "CEF:0|Sallyport|sallyport|" SALLYPORT_VERSION "|" + event + "|" + event + "|" +
           std::to_string(cef_severity(severity_of(record))) + "|" + CefExtension(record).take();
}

}  // namespace sallyport::forward
