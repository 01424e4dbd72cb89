#include "hub/socks5.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

constexpr char socks_version = 5;
constexpr char method_jwt = '\x80';
constexpr char method_none_acceptable = '\xff';
constexpr char token_version = 1;
constexpr char command_connect = 1;

enum class AddressType : unsigned char { v4 = 1, name = 3, v6 = 4 };

// RFC 1928 section 6, with the meaning that clients of SAP's proxy expect.
enum class Reply : unsigned char {
    granted = 0,
    failure = 1,
    not_allowed = 2,
    network_unreachable = 3,
    host_unreachable = 4,
    refused = 5,
    command = 7,
    address_type = 8,
};

std::size_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

/// Ten bytes; the address bound at the far end is nobody's business.
std::string reply_of(Reply reply) {
    std::string text(10, '\0');
    text[0] = socks_version;
    text[1] = static_cast<char>(reply);
    text[3] = static_cast<char>(AddressType::v4);
    return text;
}

/// As in a virtual host (mappings/virtual_host.hpp), in either case.
bool is_host_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

}  // namespace

StreamHandshake::Step Socks5::read(std::string_view bytes, std::size_t& used) {
    used = 0;
    step_ = phase_ == Phase::over ? step_ : Step::needs_more;
    while (step_ == Step::needs_more) {
        const auto rest = bytes.substr(used);
        std::size_t taken = 0;
        if (phase_ == Phase::greeting)
            taken = read_greeting(rest);
        else if (phase_ == Phase::token)
            taken = read_token(rest);
        else
            taken = read_request(rest);
        used += taken;
        if (taken == 0) break;
    }
    return step_;
}

std::size_t Socks5::refuse(std::string reply, std::string_view fault) {
    reply_ += reply;
    fault_ = fault;
    step_ = Step::refused;
    phase_ = Phase::over;
    return 0;
}

std::size_t Socks5::read_greeting(std::string_view bytes) {
    if (!bytes.empty() && bytes[0] != socks_version) return refuse({}, "this is not SOCKS5");
    if (bytes.size() < 2) return 0;
    const auto methods = byte_at(bytes, 1);
    if (bytes.size() < 2 + methods) return 0;
    // "No authentication" is always offered beside; it is never chosen.
    if (bytes.substr(2, methods).find(method_jwt) == std::string_view::npos)
        return refuse({socks_version, method_none_acceptable},
                      "the method 0x80 (token) is not offered");
    reply_ += {socks_version, method_jwt};
    phase_ = Phase::token;
    return 2 + methods;
}

std::size_t Socks5::read_token(std::string_view bytes) {
    const std::string no{token_version, 1};
    constexpr std::size_t head = 5;
    if (!bytes.empty() && bytes[0] != token_version) return refuse(no, "this is no token");
    if (bytes.size() < head) return 0;
    std::size_t token_bytes = 0;
    for (std::size_t i = 1; i < head; ++i) token_bytes = token_bytes << 8U | byte_at(bytes, i);
    if (token_bytes == 0 || token_bytes > token_bytes_max)
        return refuse(no, "the token is empty or too long");
    if (bytes.size() <= head + token_bytes) return 0;
    const auto location_bytes = byte_at(bytes, head + token_bytes);
    const auto all = head + token_bytes + 1 + location_bytes;
    if (bytes.size() < all) return 0;
    const auto location = from_base64(bytes.substr(head + token_bytes + 1, location_bytes));
    if (!location) return refuse(no, "the location is not base64");
    token_ = bytes.substr(head, token_bytes);
    location_ = as_text(*location);
    step_ = Step::identify;
    return all;
}

void Socks5::judged(bool good) {
    token_ = {};
    if (!good) {
        refuse({token_version, 1});
        return;
    }
    reply_ += {token_version, 0};
    phase_ = Phase::request;
    step_ = Step::needs_more;
}

std::size_t Socks5::read_request(std::string_view bytes) {
    const auto no = [this](Reply reply, std::string_view fault) {
        return refuse(reply_of(reply), fault);
    };
    constexpr std::size_t head = 5;  // with the first byte of the address, which may be its length
    if (bytes.size() < head) return 0;
    if (bytes[0] != socks_version || bytes[2] != 0) return no(Reply::failure, "this is no request");
    if (bytes[1] != command_connect) return no(Reply::command, "only CONNECT is offered");
    const auto type = static_cast<AddressType>(byte_at(bytes, 3));
    std::string host;
    std::size_t at = 4;
    if (type == AddressType::v4) {
        if (bytes.size() < at + 4 + 2) return 0;
        for (std::size_t i = 0; i < 4; ++i)
            host += (i == 0 ? "" : ".") + std::to_string(byte_at(bytes, at + i));
        at += 4;
    } else if (type == AddressType::name) {
        const auto length = byte_at(bytes, at++);
        if (bytes.size() < at + length + 2) return 0;
        host = bytes.substr(at, length);
        at += length;
    } else {
        return no(Reply::address_type, "only names and IPv4 addresses are understood");
    }
    const auto port = byte_at(bytes, at) << 8U | byte_at(bytes, at + 1);
    // What cannot be a virtual host is none that somebody exposes.
    if (host.empty() || !std::ranges::all_of(host, is_host_char) || port == 0)
        return no(Reply::not_allowed, "this is no virtual host");
    authority_ = host + ":" + std::to_string(port);
    step_ = Step::connect;
    return at + 2;
}

void Socks5::granted() {
    reply_ += reply_of(Reply::granted);
    phase_ = Phase::over;
}

void Socks5::refused(StreamRefusal why) {
    switch (why) {
        case StreamRefusal::not_exposed:
        case StreamRefusal::not_his:
            refuse(reply_of(Reply::not_allowed));
            return;
        case StreamRefusal::no_agent:
            refuse(reply_of(Reply::network_unreachable));
            return;
        case StreamRefusal::unreachable:
            refuse(reply_of(Reply::host_unreachable));
            return;
        case StreamRefusal::unauthorized:
            refuse(reply_of(Reply::refused));
            return;
        case StreamRefusal::busy:
        case StreamRefusal::failed:
            break;
    }
    refuse(reply_of(Reply::failure));
}

}  // namespace sallyport::hub
