#include "mappings/virtual_host.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "mappings/port_range.hpp"

#include <algorithm>
#include <optional>

namespace sallyport::mappings {
namespace {

constexpr std::size_t host_bytes_max = 253;  // RFC 1035 section 2.3.4
constexpr std::uint16_t http_port = 80;

bool is_virtual_host_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// sapgwNN and sapgwNNs (SAP Note 1610103 lists the services by instance number).
std::optional<std::uint16_t> service_port(std::string_view name) {
    constexpr std::string_view gateway = "sapgw";
    if (!name.starts_with(gateway)) return std::nullopt;
    name.remove_prefix(gateway.size());
    const bool secure = name.size() == 3 && name[2] == 's';
    if ((name.size() != 2 && !secure) || !is_digit(name[0]) || !is_digit(name[1]))
        return std::nullopt;
    const int instance = (name[0] - '0') * 10 + (name[1] - '0');
    return static_cast<std::uint16_t>((secure ? 4800 : 3300) + instance);
}

std::optional<std::uint16_t> port_or_service(std::string_view text) {
    const auto service = service_port(text);
    return service ? service : parse_port(text);
}

}  // namespace

Result<VirtualHost> VirtualHost::parse(std::string_view text) {
    const auto malformed = [&] {
        return Error{Errc::malformed, "\"" + std::string(text) + "\" is not host:port"};
    };
    const auto colon = text.rfind(':');
    if (colon == 0 || colon == std::string_view::npos || colon > host_bytes_max) return malformed();

    auto host = to_lower(text.substr(0, colon));
    if (!std::ranges::all_of(host, is_virtual_host_char)) return malformed();
    const auto port = port_or_service(to_lower(text.substr(colon + 1)));
    if (!port) return malformed();
    return VirtualHost(std::move(host), *port);
}

Result<VirtualHost> VirtualHost::from_authority(std::string_view authority) {
    if (authority.find(':') != std::string_view::npos) return parse(authority);
    return parse(std::string(authority) + ":" + std::to_string(http_port));
}

}  // namespace sallyport::mappings
