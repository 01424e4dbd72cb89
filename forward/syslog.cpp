#include "forward/syslog.hpp"

#include "forward/record_text.hpp"

#include <algorithm>
#include <array>
#include <unistd.h>

namespace sallyport::forward {
namespace {

// RFC 5424 section 6.
constexpr std::size_t host_bytes_max = 255;
constexpr std::size_t program_bytes_max = 48;
constexpr std::size_t process_bytes_max = 128;
constexpr std::size_t message_id_bytes_max = 32;

/// PRINTUSASCII, never empty.
std::string word(std::string_view text, std::size_t bytes_max) {
    std::string out;
    for (const char c : text.substr(0, bytes_max))
        if (c > ' ' && c < '\x7f') out += c;
    return out.empty() ? "-" : out;
}

}  // namespace

SyslogSender syslog_sender(std::string_view program) {
    std::array<char, host_bytes_max + 1> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host.front() = '\0';
    return {word(host.data(), host_bytes_max), word(program, program_bytes_max),
            word(std::to_string(::getpid()), process_bytes_max)};
}

std::string param_value(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\' || c == ']') out += '\\';
        out += c;
    }
    return out;
}

std::string syslog_message(const SyslogSender& sender, const audit::Record& record,
                           std::string_view body) {
    const int priority = syslog_facility * 8 + static_cast<int>(severity_of(record));
    std::string out = "<" + std::to_string(priority) + ">1 ";
    audit::append_rfc3339(out, record.time);
    for (const auto* part : {&sender.host, &sender.program, &sender.process}) out += " " + *part;
    out += " " + word(record.event, message_id_bytes_max);
    // 32473 is the number of no enterprise (RFC 5612).
    out += " [sallyport@32473 seq=\"" + std::to_string(record.sequence) + "\" event=\"" +
           param_value(record.event) + "\"] ";
    // No byte order mark (MSG-ANY): what reads JSON does not expect one.
    out += body;
    return out;
}

void append_frame(std::string& out, std::string_view message) {
    out += std::to_string(message.size());
    out += ' ';
    out += message;
}

}  // namespace sallyport::forward
