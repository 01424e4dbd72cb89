#include "agent/outbound.hpp"

#include "agent/hub_address.hpp"
#include "agent/kerberos.hpp"
#include "agent/kerberos_names.hpp"
#include "net/endpoint.hpp"

namespace sallyport::agent {
namespace {

using daemon::Outbound;
using All = std::vector<Outbound>;

constexpr std::uint16_t kdc_port = 88;  // RFC 4120 section 7.2.3

void add_hubs(const Config& config, All& all) {
    for (const auto& hub : config.hubs) {
        const auto address = HubAddress::from_https_url(hub.url);
        if (!address) continue;
        daemon::add_outbound(all, *address, {hub.proxy, hub.proxy_credentials_file},
                             {.protocol = "TLS 1.3",
                              .purpose = "links, enrolment and renewal at hub " + hub.name,
                              .where = "[[hub]] " + hub.name + " url"});
    }
}

void add_https(All& all, const daemon::HttpsUrl& url, const daemon::ProxyWay& proxy,
               std::string purpose, std::string where) {
    daemon::add_outbound(
        all, {url.host, url.port}, proxy,
        {.protocol = "https", .purpose = std::move(purpose), .where = std::move(where)});
}

void add_identity(const Config& config, All& all) {
    if (config.enrolment)
        add_https(all, config.enrolment->est_url, config.enrolment->proxy,
                  "the agent's certificate (EST)", "[enrolment] est_url");
    for (const auto& provider : config.identity_providers)
        if (provider.jwks_url)
            add_https(all, *provider.jwks_url, {}, "keys of the identity provider",
                      "[[identity_provider]] " + provider.issuer + " jwks_url");
}

void add_kerberos(const Config& config, std::span<const std::string> kdcs, All& all) {
    if (!config.kerberos) return;
    const std::string realm(realm_of(config.kerberos->account.principal));
    Outbound kdc{.transport = "tcp+udp", .protocol = "kerberos"};
    kdc.port = kdc.last_port = kdc_port;
    kdc.purpose = "tickets of realm " + realm;
    kdc.where = "[kerberos] principal, krb5.conf";
    for (const auto& text : kdcs) {
        auto one = kdc;
        one.host = text;
        const auto parsed = net::HostPort::parse(text);
        if (parsed && parsed->port != 0 && !parsed->host.empty()) {
            one.host = parsed->host;
            one.port = one.last_port = parsed->port;
        }
        all.push_back(std::move(one));
    }
    if (!kdcs.empty()) return;
    kdc.host = "_kerberos._tcp." + realm;
    kdc.where = "[kerberos] principal; the hosts are those of this DNS record (SRV)";
    all.push_back(std::move(kdc));
}

/// Of exchanges: what the agent dials, or the jump host for it.
void add_internal(const mappings::Mapping& mapping, const mappings::InternalHost& internal,
                  All& all) {
    Outbound back_end{.protocol = std::string(mappings::facts_of(internal.protocol).name),
                      .host = internal.host,
                      .port = internal.ports.first,
                      .purpose = "exchanges of " + mapping.virtual_text(),
                      .where = "[[mapping]] " + mapping.virtual_text() + " internal"};
    back_end.last_port = static_cast<std::uint16_t>(back_end.port + internal.ports.count - 1);
    if (mapping.via) back_end.from = mapping.via->host + ":" + std::to_string(mapping.via->port);
    all.push_back(std::move(back_end));
}

void add_mapping(const mappings::Mapping& mapping, All& all) {
    if (mapping.via)
        all.push_back({.protocol = "ssh",
                       .host = mapping.via->host,
                       .port = mapping.via->port,
                       .last_port = mapping.via->port,
                       .purpose = "jump host to " + mapping.virtual_text(),
                       .where = "[[mapping]] " + mapping.virtual_text() + " via"});
    for (std::size_t i = 0; i < mapping.host_count(); ++i)
        add_internal(mapping, mapping.host(i), all);
}

void add_audit(const daemon::AuditConfig& audit, All& all) {
    for (const auto& target : audit.forwarders) {
        if (target.kind != forward::Kind::syslog && target.kind != forward::Kind::sftp) continue;
        all.push_back(
            {.protocol = target.kind == forward::Kind::syslog ? "syslog over TLS" : "sftp",
             .host = target.host,
             .port = target.port,
             .last_port = target.port,
             .purpose = "copy of the audit log",
             .where = "[[audit.forward]] " + target.name + " url"});
    }
    for (const auto& witness : audit.witnesses)
        add_https(all, witness.url, witness.proxy, "countersignature of the audit log",
                  "[[audit.witness]] " + witness.name + " url");
}

}  // namespace

std::vector<Outbound> outbound_of(const Config& config,
                                  std::span<const TechnicalCredentialsPtr> technical,
                                  std::span<const std::string> kdcs) {
    All all;
    add_hubs(config, all);
    add_identity(config, all);
    add_kerberos(config, kdcs, all);
    for (const auto& mapping : config.mappings) add_mapping(mapping, all);
    for (const auto& credentials : technical)
        if (credentials->token_order)
            add_https(all, credentials->token_order->url, {}, "tokens of a technical user",
                      "token_url in a credentials_file");
    add_audit(config.audit, all);
    return all;
}

std::vector<Outbound> outbound_of(const Site& site) {
    std::vector<TechnicalCredentialsPtr> technical;
    for (const auto& [file, credentials] : site.technical) technical.push_back(credentials);
    std::vector<std::string> kdcs;
    if (site.config.kerberos)
        kdcs = configured_kdcs(std::string(realm_of(site.config.kerberos->account.principal)));
    return outbound_of(site.config, technical, kdcs);
}

}  // namespace sallyport::agent
