#include "http/refusal.hpp"

#include "base/error.hpp"
#include "http/service.hpp"

#include <algorithm>
#include <vector>

namespace sallyport::http {
namespace {

constexpr std::size_t message_bytes_max = 1024;

/// The length of the UTF-8 character at the start, or 0 if there is none (RFC 3629 section 4).
std::size_t utf8_length(std::string_view text) {
    const auto at = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](std::size_t i) { return (at(i) & 0xc0U) == 0x80U; };
    const auto first = at(0);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4 || !follows(1)) return 0;
    if (first < 0xe0) return 2;
    if (!follows(2)) return 0;
    if (first < 0xf0) {
        const bool overlong = first == 0xe0 && at(1) < 0xa0;
        const bool surrogate = first == 0xed && at(1) >= 0xa0;
        return overlong || surrogate ? 0 : 3;
    }
    const bool overlong = first == 0xf0 && at(1) < 0x90;
    const bool too_large = first == 0xf4 && at(1) >= 0x90;
    return overlong || too_large || !follows(3) ? 0 : 4;
}

void append_escaped(std::string& out, char c) {
    static constexpr std::string_view digits = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20) {
        out += c;
        return;
    }
    out += "\\u00";
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
}

/// `culprit; error=type; details="..."` (RFC 9209 section 2); details are printable ASCII
/// (RFC 8941 section 3.3.3).
std::string proxy_status(const Refusal& refusal, std::string_view culprit) {
    std::string value(culprit);
    if (!refusal.proxy_status_error.empty()) {
        value += "; error=";
        value += refusal.proxy_status_error;
    }
    value += "; details=\"";
    for (const char c : refusal.message.substr(0, message_bytes_max)) {
        if (c == '"' || c == '\\') value += '\\';
        value += c >= ' ' && c <= '~' ? c : '?';
    }
    value += '"';
    return value;
}

}  // namespace

std::string to_json_string(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length == 0) out += "\xef\xbf\xbd";
        if (length == 1) append_escaped(out, text.front());
        if (length > 1) out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    out += '"';
    return out;
}

std::string to_json(const Refusal& refusal, std::string_view exchange_id) {
    const std::string_view message(refusal.message);
    return "{\"error\":{\"code\":" + to_json_string(refusal.code) +
           ",\"message\":" + to_json_string(message.substr(0, message_bytes_max)) +
           (exchange_id.empty() ? "" : ",\"exchange\":" + to_json_string(exchange_id)) + "}}";
}

Refusal refusal_for(const Error& error) {
    const auto is = [&](Errc code) { return error.code == code; };
    if (is(Errc::malformed))
        return {400, "malformed_request", "The request cannot be read in one way only.",
                "http_request_error"};
    if (is(Errc::denied)) return {403, "denied", "This is not allowed.", "http_request_denied"};
    if (is(Errc::unauthorized))
        return {407, "unauthorized", "The token is missing, invalid or expired.",
                "http_request_denied"};
    if (is(Errc::not_found))
        return {404, "not_found", "There is nothing of that name.", "destination_not_found"};
    if (is(Errc::conflict)) return {409, "conflict", "This contradicts what is there.", ""};
    if (is(Errc::limit))
        return {503, "overloaded", "Too much is going on to the back end. Try again later.",
                "connection_limit_reached", std::chrono::seconds(1)};
    if (is(Errc::unsupported)) return {501, "unsupported", "This is not supported.", ""};
    if (is(Errc::timed_out))
        return {504, "timed_out", "The back end did not answer in time.", "http_response_timeout"};
    if (is(Errc::untrusted))
        return {502, "untrusted", "The certificate of the back end is not trusted.",
                "tls_certificate_error"};
    if (is(Errc::protocol))
        return {502, "invalid_answer", "The back end gave an answer that is not valid HTTP.",
                "http_protocol_error"};
    if (is(Errc::cut) || is(Errc::closed))
        return {502, "cut", "The back end closed the connection before it answered.",
                "http_response_incomplete"};
    if (is(Errc::failed) || is(Errc::aborted))
        return {500, "failed", "The request failed inside. The log says why.",
                "proxy_internal_error"};
    return {502, "unavailable", "The back end cannot be reached.", "destination_unavailable"};
}

void answer(Answer& down, const Refusal& refusal, std::string_view culprit,
            std::string_view exchange_id) {
    const auto body = to_json(refusal, exchange_id);
    const auto status = proxy_status(refusal, culprit);
    const auto retry_after = std::to_string(refusal.retry_after.count());
    std::vector<Field> fields = {{"content-type", "application/json"},
                                 {"cache-control", "no-store"},
                                 {"proxy-status", status}};
    if (!exchange_id.empty()) fields.push_back({"x-sallyport-exchange", exchange_id});
    if (refusal.status == 407) fields.push_back({"proxy-authenticate", "Bearer"});
    if (refusal.retry_after.count() > 0) fields.push_back({"retry-after", retry_after});
    ResponseHead head;
    head.status = refusal.status;
    head.fields = fields;
    head.body = BodySize::exactly(body.size());
    down.start(head);
    // A refusal is the whole answer and small: there is room for it.
    for (auto rest = as_bytes(body); !rest.empty();) {
        const auto taken = down.write(rest);
        if (taken == 0) return down.abort({Errc::limit, "no room for a refusal"});
        rest = rest.subspan(taken);
    }
    down.finish();
}

}  // namespace sallyport::http
