#include "agent/config_change.hpp"

#include "daemon/config_comparison.hpp"

#include <algorithm>
#include <iterator>

namespace sallyport::agent {
namespace {

using daemon::Comparison;
using mappings::Mapping;
using mappings::Rule;

void compare_hubs(Comparison& comparison, const Config& before, const Config& after) {
    const auto changed = [&](const HubConfig& old, const HubConfig& now,
                             const std::string& called) {
        if (old.proxy != now.proxy || old.proxy_credentials_file != now.proxy_credentials_file)
            comparison.note("ProxySettings", called + ": proxy changed");
        auto others = old;
        others.proxy = now.proxy;
        others.proxy_credentials_file = now.proxy_credentials_file;
        if (!(others == now)) comparison.note("Account", called + " changed");
    };
    comparison.tables(
        "Account", "hub", before.hubs, after.hubs, [](const HubConfig& hub) { return hub.name; },
        changed);
    if (before.enrolment && after.enrolment && !(before.enrolment->proxy == after.enrolment->proxy))
        comparison.note("ProxySettings", "enrolment: proxy changed");
    auto others = before.enrolment;
    if (others && after.enrolment) others->proxy = after.enrolment->proxy;
    comparison.part("Account", "enrolment", others, after.enrolment);
}

/// How people call a rule.
std::string name_of(const Rule& rule) {
    return rule.path + (rule.match == mappings::Match::subpaths ? " (and below)" : "");
}

void compare_rules(Comparison& comparison, const Mapping& before, const Mapping& after,
                   const std::string& called) {
    constexpr std::string_view category = "AllowedResource";
    comparison.list(category, called + ": rule", before.rules, after.rules, name_of);
    comparison.part(category, called + ": operations", before.operations, after.operations);
    comparison.part(category, called + ": functions", before.rfc, after.rfc);
    const auto names_of = [](const Mapping& mapping) {
        std::vector<std::string> names;
        std::ranges::transform(mapping.rules, std::back_inserter(names), name_of);
        return names;
    };
    const auto old = names_of(before);
    const auto now = names_of(after);
    if (old != now && std::ranges::is_permutation(old, now))
        comparison.note(category, called + ": order of the rules changed");
}

/// Whether it lets anything through.
void compare_exposure(Comparison& comparison, const Mapping& before, const Mapping& after,
                      const std::string& called) {
    constexpr std::string_view category = "BackendMapping";
    if (before.enabled != after.enabled)
        comparison.note(category, called + (after.enabled ? " enabled" : " disabled"));
    if (before.maintenance != after.maintenance)
        comparison.note(category, called + ": maintenance " + (after.maintenance ? "on" : "off"));
    if (before.expires != after.expires)
        comparison.note(category,
                        called + (after.expires ? " expires at " + mappings::to_text(*after.expires)
                                                : " does not expire"));
}

void compare_mappings(Comparison& comparison, const Config& before, const Config& after) {
    comparison.tables(
        "BackendMapping", "mapping", before.mappings, after.mappings,
        [](const Mapping& mapping) { return mapping.virtual_text(); },
        [&](const Mapping& old, const Mapping& now, const std::string& called) {
            compare_rules(comparison, old, now, called);
            auto others = old;
            others.rules = now.rules;
            others.operations = now.operations;
            others.rfc = now.rfc;
            compare_exposure(comparison, old, now, called);
            others.enabled = now.enabled;
            others.maintenance = now.maintenance;
            others.expires = now.expires;
            if (!(others == now)) comparison.note("BackendMapping", called + " changed");
        });
}

void compare_identity_providers(Comparison& comparison, const Config& before, const Config& after) {
    comparison.tables(
        "IdentityProviderTrust", "identity provider", before.identity_providers,
        after.identity_providers,
        [](const IdentityProviderConfig& provider) { return provider.issuer; },
        [&](const IdentityProviderConfig& old, const IdentityProviderConfig& now,
            const std::string& called) {
            if (old.audiences != now.audiences || old.any_audience != now.any_audience)
                comparison.note("ApplicationTrust", called + ": audiences changed");
            auto others = old;
            others.audiences = now.audiences;
            others.any_audience = now.any_audience;
            if (!(others == now)) comparison.note("IdentityProviderTrust", called + " changed");
        });
}

void compare_principals(Comparison& comparison, const Config& before, const Config& after) {
    constexpr std::string_view category = "PrincipalPropagationConfiguration";
    comparison.part(category, "principal strip", before.strip, after.strip);
    comparison.part(category, "principal validity", before.principal_validity,
                    after.principal_validity);
    comparison.part(category, "principal subject", before.subject, after.subject);
    comparison.part("KerberosConfiguration", "kerberos", before.kerberos, after.kerberos);
}

void compare_trust(Comparison& comparison, const TrustConfig& before, const TrustConfig& after) {
    constexpr std::string_view category = "TrustedBackendCertificate";
    comparison.part(category, "trust ca_file", before.ca_file, after.ca_file);
    comparison.part(category, "trust ca_folder", before.ca_folder, after.ca_folder);
    comparison.part(category, "trust crl_files", before.crl_files, after.crl_files);
}

void compare_daemon(Comparison& comparison, const Config& before, const Config& after) {
    comparison.audit(before.audit, after.audit);
    comparison.part("AuditLogLevel", "audit query_strings", before.query_strings,
                    after.query_strings);
    comparison.part("CloudConnectorLoggers", "log_level", before.log.level, after.log.level);
    comparison.part("CloudConnectorLoggers", "log format", before.log.format, after.log.format);
    comparison.part("CloudConnectorLoggers", "log target", before.log.target, after.log.target);
    comparison.part("Configuration", "workers", before.workers, after.workers);
    comparison.part("Configuration", "state_dir", before.state_dir, after.state_dir);
    comparison.part("Configuration", "admin_socket", before.admin_socket, after.admin_socket);
    comparison.part("Configuration", "admin", before.admin, after.admin);
    const bool tunnel =
        !before.tunnel.same_links(after.tunnel) || before.tunnel.drain != after.tunnel.drain;
    if (tunnel) comparison.note("AdvancedConnectivity", "tunnel changed");
    comparison.list("AdvancedConnectivity", "ssh", before.ssh, after.ssh, [](const SshConfig& ssh) {
        return ssh.host.empty() ? "of other servers" : ssh.host + ":" + std::to_string(ssh.port);
    });
}

}  // namespace

daemon::ConfigChange compare(const Config& before, const Config& after) {
    Comparison comparison;
    compare_hubs(comparison, before, after);
    compare_mappings(comparison, before, after);
    comparison.list("ServiceChannelConfiguration", "channel", before.channels, after.channels,
                    [](const ChannelConfig& channel) { return channel.name; });
    compare_identity_providers(comparison, before, after);
    compare_principals(comparison, before, after);
    compare_trust(comparison, before.trust, after.trust);
    compare_daemon(comparison, before, after);
    return comparison.take();
}

}  // namespace sallyport::agent
