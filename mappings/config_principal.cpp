#include "mappings/config_principal.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace sallyport::mappings {
namespace {

/// "HTTP/web.corp.example", perhaps with "@REALM".
bool is_service_principal(std::string_view text) {
    const auto slash = text.find('/');
    const auto at = text.find('@');
    const auto is_part = [](std::string_view part) {
        return !part.empty() && std::ranges::all_of(part, is_host_char);
    };
    if (slash == text.npos || (at != text.npos && (at < slash || !is_part(text.substr(at + 1)))))
        return false;
    return is_part(text.substr(0, slash)) &&
           is_part(text.substr(slash + 1, at == text.npos ? at : at - slash - 1));
}

/// Tickets are for names, as the KDC has them.
bool is_address(std::string_view host) {
    return host.find(':') != host.npos ||
           std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

void complete_kerberos(ConfigTable& table, Mapping& mapping) {
    auto& policy = mapping.principal;
    if (policy.kind != PrincipalKind::kerberos) return;
    if (mapping.system_certificate)
        table.problem("system_certificate", "does not go with a principal of kind kerberos");
    if (!policy.service.empty()) return;
    if (!mapping.others.empty())
        table.problem("principal",
                      "of kind kerberos needs its service here: a ticket is for one "
                      "name, and internal names several hosts");
    policy.service = "HTTP/" + to_lower(mapping.internal.host);
    if (is_address(mapping.internal.host))
        table.problem("internal",
                      "is an address: say principal.service, e.g. \"HTTP/web.corp.example\"");
}

/// A user's certificate has to reach the back end over TLS: as the connection's own, or in a header
/// that the back end believes only from whom it knows by the connection's.
void check_principal(ConfigTable& table, const Mapping& mapping) {
    const bool needs_tls =
        mapping.principal.kind == PrincipalKind::x509 || mapping.system_certificate;
    if (needs_tls && !mapping.is_tls())
        table.problem("internal", mapping.system_certificate
                                      ? "must be https://, tcps:// or ldaps://, or "
                                        "system_certificate cannot be shown"
                                      : "must be https:// for a principal of kind x509");
    if (table.has("pin") && !mapping.is_tls())
        table.problem("pin", "belongs to https://, tcps:// and ldaps://");
}

}  // namespace

PrincipalPolicy read_principal(ConfigTable table, bool knows_kerberos) {
    PrincipalPolicy policy;
    const auto kind = table.choice("kind", {"none", "x509", "kerberos", "technical"});
    policy.kind = kind == "x509"        ? PrincipalKind::x509
                  : kind == "kerberos"  ? PrincipalKind::kerberos
                  : kind == "technical" ? PrincipalKind::technical
                                        : PrincipalKind::none;
    if (policy.kind == PrincipalKind::kerberos && !knows_kerberos)
        table.problem("kind", "kerberos needs [kerberos] keytab and principal in agent.toml");
    policy.service = table.text("service");
    if (!policy.service.empty() && policy.kind != PrincipalKind::kerberos)
        table.problem("service", "belongs to kind = \"kerberos\"");
    if (!policy.service.empty() && !is_service_principal(policy.service))
        table.problem("service", "must be a service principal, e.g. \"HTTP/web.corp.example\"");
    const auto deliver =
        table.choice("deliver", {"tls", "header:SSL_CLIENT_CERT", "header:Client-Cert"});
    policy.deliver = deliver == "tls"                  ? CertificateDelivery::tls
                     : deliver == "header:Client-Cert" ? CertificateDelivery::client_cert
                                                       : CertificateDelivery::ssl_client_cert;
    if (table.has("deliver") && policy.kind != PrincipalKind::x509)
        table.problem("deliver", "belongs to kind = \"x509\"");
    policy.required = table.boolean("required", false);
    const bool has_credentials = !table.text("credentials_file").empty();
    if (has_credentials) policy.credentials_file = table.secret_path("credentials_file");
    if (has_credentials && policy.kind != PrincipalKind::technical)
        table.problem("credentials_file", "belongs to kind = \"technical\"");
    if (!has_credentials && policy.kind == PrincipalKind::technical)
        table.problem("kind", "technical needs a credentials_file");
    table.done();
    return policy;
}

void complete_principal(ConfigTable& table, Mapping& mapping) {
    complete_kerberos(table, mapping);
    check_principal(table, mapping);
}

}  // namespace sallyport::mappings
