#include "mappings/internal_host.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <optional>

namespace sallyport::mappings {
namespace {

bool is_host_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
}

bool is_v6_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':';
}

/// Takes the host off the front of "host[:ports]"; an IPv6 address loses its brackets.
std::optional<std::string> take_host(std::string_view& text) {
    if (!text.starts_with('[')) {
        std::string host(text.substr(0, text.find(':')));
        text.remove_prefix(host.size());
        if (host.empty() || !std::ranges::all_of(host, is_host_char)) return std::nullopt;
        return host;
    }
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    std::string host(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    if (host.find(':') == std::string::npos || !std::ranges::all_of(host, is_v6_char))
        return std::nullopt;
    return host;
}

}  // namespace

std::string InternalHost::text() const { return text_at(ports); }

std::string InternalHost::text(std::uint16_t port) const { return text_at({port, 1}); }

std::string InternalHost::text_at(PortRange at) const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return std::string(facts_of(protocol).name) + "://" + (is_v6 ? "[" + host + "]" : host) + ":" +
           at.text();
}

Result<InternalHost> parse_internal_host(std::string_view url) {
    const auto refuse = [](std::string_view how) {
        return Error{Errc::malformed, std::string(how)};
    };
    const auto mark = url.find("://");
    const auto protocol =
        mark == std::string_view::npos ? std::nullopt : find_protocol(url.substr(0, mark));
    if (!protocol)
        return refuse(
            "must begin with http://, https://, tcp://, tcps://, ldap://, ldaps://, smtp://, "
            "imap:// or pop3://");
    const auto& facts = facts_of(*protocol);
    const std::string shape =
        "must be " + std::string(facts.name) +
        (facts.stream ? "://host:port or ://host:first-last" : "://host[:port]") +
        ", without path, query or user";
    auto rest = url.substr(mark + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    auto host = take_host(rest);
    if (!host) return refuse(shape);
    InternalHost internal{*protocol, std::move(*host), {facts.default_port, 1}};
    if (rest.empty() && facts.default_port != 0) return internal;
    const auto ports = rest.starts_with(':') ? parse_port_range(rest.substr(1)) : std::nullopt;
    if (!ports || (ports->count > 1 && !facts.stream)) return refuse(shape);
    internal.ports = *ports;
    return internal;
}

}  // namespace sallyport::mappings
