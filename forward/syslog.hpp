// Messages of syslog (RFC 5424) as they travel over TLS (RFC 5425).
#pragma once

#include "audit/record.hpp"

#include <string>
#include <string_view>

namespace sallyport::forward {

/// "log audit", RFC 5424 table 1.
inline constexpr int syslog_facility = 13;

/// Who sends.
struct SyslogSender {
    std::string host{};     // HOSTNAME
    std::string program{};  // APP-NAME
    std::string process{};  // PROCID
};

/// This machine and process. What RFC 5424 has no letters for becomes "-".
SyslogSender syslog_sender(std::string_view program);

/// One message: head, structured data [sallyport@32473 seq="…" event="…"], `body`.
std::string syslog_message(const SyslogSender& sender, const audit::Record& record,
                           std::string_view body);

/// RFC 5424 section 6.3.3: quotes, backslashes and closing brackets are escaped.
std::string param_value(std::string_view text);

/// RFC 5425 section 4.3: appends the length in bytes, a space and the message.
void append_frame(std::string& out, std::string_view message);

}  // namespace sallyport::forward
