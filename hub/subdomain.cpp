#include "hub/subdomain.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

bool is_address(std::string_view host) {
    return host.starts_with('[') ||
           std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

}  // namespace

Result<std::optional<std::string>> subdomain_of(std::string_view host,
                                                const std::vector<std::string>& domains) {
    if (const auto colon = host.rfind(':'); colon != std::string_view::npos && !host.ends_with(']'))
        host = host.substr(0, colon);
    if (host.ends_with('.')) host.remove_suffix(1);
    const auto name = to_lower(host);
    if (!name.empty() && is_address(name)) return std::nullopt;
    for (const auto& domain : domains)
        if (name == domain) return std::nullopt;
    for (const auto& domain : domains) {
        if (!name.ends_with('.' + domain)) continue;
        const auto label = name.substr(0, name.size() - domain.size() - 1);
        if (!label.empty() && label.find('.') == std::string::npos) return std::optional(label);
    }
    return Error{Errc::not_found,
                 "this hub does not answer for the host name of the request; see "
                 "[[certificate]] names in hub.toml"};
}

}  // namespace sallyport::hub
