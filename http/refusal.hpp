#pragma once

#include "base/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace sallyport::http {

class Answer;

/// An answer that we give instead of the back end.
struct Refusal {
    int status = 500;
    std::string_view code;  // for programs, e.g. "not_exposed"; a literal
    std::string message;    // for people; says what to do, and nothing internal
    /// Error type of RFC 9209 section 2.3, e.g. "destination_unavailable"; empty: none fits.
    std::string_view proxy_status_error;
    std::chrono::seconds retry_after{0};  // 0: not said
};

/// The usual refusal for an error of a service: 502, 503, 504 and so on. The message is general;
/// the detail of the error, which may name internal hosts, stays in the log.
Refusal refusal_for(const Error& error);

/// Gives the whole answer: JSON `{"error":{"code","message","exchange"}}`, Proxy-Status
/// (RFC 9209), `x-sallyport-exchange`, and `proxy-authenticate: Bearer` with a 407. Call before
/// start(). `culprit` is "sallyport-hub" or "sallyport-agent"; `exchange_id` may be empty. To a
/// HEAD request the Answer drops the body itself, as for any service.
void answer(Answer& down, const Refusal& refusal, std::string_view culprit,
            std::string_view exchange_id);

/// The JSON body alone. Clients that show only the body of an answer show the id of its audit
/// record with it.
std::string to_json(const Refusal& refusal, std::string_view exchange_id = {});
/// A string as JSON, with quotes; bytes that are not UTF-8 become U+FFFD.
std::string to_json_string(std::string_view text);

}  // namespace sallyport::http
