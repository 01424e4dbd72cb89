#include "http/h1_write.hpp"

#include "http/h1_codec.hpp"

#include <array>
#include <charconv>

namespace sallyport::http::h1 {
namespace {

void append_number(std::string& out, std::uint64_t number) {
    std::array<char, 20> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

}  // namespace

bool append_request_start(std::string& out, std::string_view method, std::string_view target,
                          std::string_view host) {
    if (!is_token(method) || !is_request_target(target) || !is_field_value(host)) return false;
    out += method;
    out += ' ';
    out += target;
    out += " HTTP/1.1\r\nhost: ";
    out += host;
    out += "\r\n";
    return true;
}

void append_status_line(std::string& out, int status, std::string_view reason) {
    if (reason.empty() || !is_field_value(reason)) reason = usual_reason(status);
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(status));
    out += ' ';
    out += reason;
    out += "\r\n";
}

bool append_field(std::string& out, std::string_view name, std::string_view value) {
    if (!is_token(name) || !is_field_value(value)) return false;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
    return true;
}

void append_framing(std::string& out, Framing framing, std::uint64_t bytes) {
    switch (framing) {
        case Framing::length:
        case Framing::length_only:
            out += "content-length: ";
            append_number(out, bytes);
            out += "\r\n";
            return;
        case Framing::chunked:
            out += "transfer-encoding: chunked\r\n";
            return;
        case Framing::none:
        case Framing::until_close:
            return;
    }
}

}  // namespace sallyport::http::h1
