#include "mappings/internal_host.hpp"

#include "base/error.hpp"
#include "mappings/path_readings.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace sallyport::mappings {
bool is_host_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
}

namespace {

constexpr std::size_t user_bytes_max = 64;
constexpr std::size_t folder_bytes_max = 512;

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

/// Takes "user@" off the front, and the folder off the end, of "user@host[:port]/folder".
std::optional<std::pair<std::string, std::string>> take_user_and_base(std::string_view& text) {
    const auto at = text.find('@');
    if (at == 0 || at == std::string_view::npos || at > user_bytes_max) return std::nullopt;
    std::string user(text.substr(0, at));
    text.remove_prefix(at + 1);
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;  // all of a server is said, not meant
    std::string base(text.substr(slash));
    text = text.substr(0, slash);
    if (base.size() > 1 && base.ends_with('/')) base.pop_back();
    if (!std::ranges::all_of(user, is_host_char) || !is_plain_path(base) ||
        base.size() > folder_bytes_max)
        return std::nullopt;
    return std::pair(std::move(user), std::move(base));
}

}  // namespace

std::string InternalHost::text() const { return text_at(ports); }

std::string InternalHost::text(std::uint16_t port) const { return text_at({port, 1}); }

std::string InternalHost::text_at(PortRange at) const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return std::string(facts_of(protocol).name) + "://" + (user.empty() ? "" : user + "@") +
           (is_v6 ? "[" + host + "]" : host) + ":" + at.text() + base;
}

Result<InternalHost> parse_internal_host(std::string_view url) {
    const auto refuse = [](std::string_view how) {
        return Error{Errc::malformed, std::string(how)};
    };
    const auto mark = url.find("://");
    const auto protocol =
        mark == std::string_view::npos ? std::nullopt : find_protocol(url.substr(0, mark));
    if (!protocol) return refuse("must begin with " + protocol_schemes());
    const auto& facts = facts_of(*protocol);
    const std::string shape =
        facts.files
            ? "must be sftp://user@host[:port]/folder, the folder without % and dots; / is the "
              "whole server"
            : "must be " + std::string(facts.name) +
                  (facts.stream
                       ? (facts.default_port != 0 ? "://host[:port] or " : "://host:port or ") +
                             std::string(facts.name) + "://host:first-last"
                       : "://host[:port]") +
                  ", without path, query or user";
    auto rest = url.substr(mark + 3);
    std::optional<std::pair<std::string, std::string>> place;
    if (facts.files && !(place = take_user_and_base(rest))) return refuse(shape);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    auto host = take_host(rest);
    if (!host) return refuse(shape);
    InternalHost internal{*protocol, std::move(*host), {facts.default_port, 1}};
    if (place) std::tie(internal.user, internal.base) = std::move(*place);
    if (rest.empty() && facts.default_port != 0) return internal;
    const auto ports = rest.starts_with(':') ? parse_port_range(rest.substr(1)) : std::nullopt;
    if (!ports || (ports->count > 1 && !facts.stream)) return refuse(shape);
    internal.ports = *ports;
    return internal;
}

}  // namespace sallyport::mappings
