#include "hub/key_hosts.hpp"

#include "base/error.hpp"
#include "hub/store_records.hpp"
#include "mappings/virtual_host.hpp"

#include <algorithm>

namespace sallyport::hub {

Result<std::string> parse_key_host(std::string_view text) {
    const bool any_port = text.find(':') == std::string_view::npos;
    const auto host =
        any_port ? mappings::VirtualHost::from_authority(text) : mappings::VirtualHost::parse(text);
    if (!host)
        return Error{Errc::malformed,
                     "\"" + std::string(text) +
                         "\" is no virtual host: write abap.virtual, abap.virtual:3300 or "
                         "abap.virtual:sapgw00"};
    return any_port ? std::string(host->host()) : host->text();
}

Result<std::vector<std::string>> parse_key_hosts(std::span<const std::string> texts) {
    std::vector<std::string> hosts;
    for (const auto& text : texts) {
        auto host = parse_key_host(text);
        if (!host) return host.error();
        if (std::ranges::find(hosts, *host) == hosts.end()) hosts.push_back(std::move(*host));
    }
    if (hosts.size() > access_key_hosts_max)
        return Error{Errc::limit, "a key can be for " + std::to_string(access_key_hosts_max) +
                                      " virtual hosts at most: make several keys"};
    return hosts;
}

bool leads_to(std::span<const std::string> hosts, std::string_view authority) {
    const auto name = authority.substr(0, authority.rfind(':'));
    return hosts.empty() || std::ranges::any_of(hosts, [&](std::string_view host) {
               return host == authority || host == name;
           });
}

}  // namespace sallyport::hub
