#include "certs/spiffe.hpp"

#include "base/error.hpp"
#include "certs/certificate.hpp"

#include <algorithm>

namespace sallyport::certs {
namespace {

constexpr std::string_view scheme = "spiffe://";
constexpr std::string_view tenant_path = "/tenant/";
constexpr std::string_view agent_path = "/agent/";
constexpr std::size_t name_max = 64;   // fits the common name of a certificate
constexpr std::size_t host_max = 253;  // RFC 1035 section 2.3.4, as text
constexpr std::size_t label_max = 63;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_safe(char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > label_max) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    return std::ranges::all_of(label, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_host(std::string_view host) {
    if (host.size() > host_max) return false;
    while (true) {
        const auto dot = host.find('.');
        if (!is_label(host.substr(0, dot))) return false;
        if (dot == host.npos) return true;
        host.remove_prefix(dot + 1);
    }
}

Error malformed_name(const char* why) { return {Errc::malformed, why}; }

}  // namespace

bool is_safe_name(std::string_view name) {
    if (name.empty() || name.size() > name_max || name == "." || name == "..") return false;
    return std::ranges::all_of(name, is_safe);
}

Result<AgentName> AgentName::make(std::string_view hub, std::string_view tenant,
                                  std::string_view agent) {
    if (!is_host(hub)) return malformed_name("agent name: the hub must be a lower-case DNS name");
    if (!is_safe_name(tenant))
        return malformed_name("agent name: the tenant must be 1 to 64 of A-Z a-z 0-9 . _ -");
    if (!is_safe_name(agent))
        return malformed_name("agent name: the agent must be 1 to 64 of A-Z a-z 0-9 . _ -");
    return AgentName(hub, tenant, agent);
}

Result<AgentName> AgentName::parse(std::string_view uri) {
    if (!uri.starts_with(scheme))
        return malformed_name("agent name: does not begin with spiffe://");
    uri.remove_prefix(scheme.size());
    const auto tenant_at = uri.find(tenant_path);
    if (tenant_at == uri.npos) return malformed_name("agent name: no /tenant/ in it");
    const auto hub = uri.substr(0, tenant_at);
    uri.remove_prefix(tenant_at + tenant_path.size());
    const auto agent_at = uri.find(agent_path);
    if (agent_at == uri.npos) return malformed_name("agent name: no /agent/ in it");
    // A further slash on either side is refused by make(): it is not a safe character.
    return make(hub, uri.substr(0, agent_at), uri.substr(agent_at + agent_path.size()));
}

Result<AgentName> AgentName::of(const Certificate& certificate) {
    const auto uris = certificate.uris();
    if (uris.size() != 1)
        return malformed_name(
            "not an agent's certificate: it must have exactly one URI as its name");
    return parse(uris.front());
}

std::string AgentName::text() const {
    std::string text(scheme);
    text.append(hub_).append(tenant_path).append(tenant_).append(agent_path).append(agent_);
    return text;
}

}  // namespace sallyport::certs
