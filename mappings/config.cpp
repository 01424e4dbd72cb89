#include "mappings/config.hpp"

#include "base/bytes.hpp"
#include "mappings/path_readings.hpp"

#include <algorithm>
#include <optional>

namespace sallyport::mappings {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view later = "is not supported yet in this version";

bool is_host_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
}

bool is_v6_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
           c == ':';
}

/// "host[:port][/]" or "[v6][:port][/]".
std::optional<InternalHost> read_host_and_port(std::string_view text, Protocol protocol) {
    InternalHost internal{
        protocol, {}, static_cast<std::uint16_t>(protocol == Protocol::https ? 443 : 80)};
    if (text.ends_with('/')) text.remove_suffix(1);
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        internal.host = text.substr(1, end - 1);
        text.remove_prefix(end + 1);
        if (internal.host.find(':') == std::string::npos ||
            !std::ranges::all_of(internal.host, is_v6_char))
            return std::nullopt;
    } else {
        internal.host = text.substr(0, text.find(':'));
        text.remove_prefix(internal.host.size());
        if (internal.host.empty() || !std::ranges::all_of(internal.host, is_host_char))
            return std::nullopt;
    }
    if (text.empty()) return internal;
    if (!text.starts_with(':')) return std::nullopt;
    const auto port = parse_decimal(text.substr(1));
    if (!port || *port == 0 || *port > 65535) return std::nullopt;
    internal.port = static_cast<std::uint16_t>(*port);
    return internal;
}

/// "https://host[:port]". Only what this version carries.
std::optional<InternalHost> read_internal(ConfigTable& table) {
    if (table.is_list("internal")) {
        table.problem("internal", "as a list " + std::string(later));
        return std::nullopt;
    }
    const auto url = table.text("internal");
    const auto scheme = url.substr(0, url.find("://"));
    for (const std::string_view other :
         {"rfc", "rfcs", "ldap", "ldaps", "tcp", "tcps", "smtp", "imap", "pop3", "sftp"})
        if (scheme == other && scheme != url) {
            table.problem("internal", "with " + scheme + ":// " + std::string(later));
            return std::nullopt;
        }
    std::optional<InternalHost> internal;
    if (url.starts_with("http://"))
        internal = read_host_and_port(std::string_view(url).substr(7), Protocol::http);
    if (url.starts_with("https://"))
        internal = read_host_and_port(std::string_view(url).substr(8), Protocol::https);
    if (!internal)
        table.problem("internal",
                      "must be http://host[:port] or https://host[:port], without path, query or "
                      "user");
    return internal;
}

/// Methods are case-sensitive (RFC 9110 section 9.1), and those in use have no small letters:
/// "Get" in a rule would never match and look as if it did.
bool is_method(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

std::optional<Rule> read_rule(ConfigTable& table) {
    table.later({"function"});
    Rule rule;
    rule.path = table.text("path");
    rule.match =
        table.choice("match", {"exact", "subpaths"}) == "exact" ? Match::exact : Match::subpaths;
    rule.methods = table.texts("methods");
    rule.upgrade = table.boolean("upgrade", false);
    rule.batch = table.boolean("batch", false);
    rule.enabled = table.boolean("enabled", true);
    rule.description = table.text("description");
    table.done();
    if (table.has("methods") && rule.methods.empty())
        table.problem("methods", "must name a method; leave it out to allow all");
    if (!std::ranges::all_of(rule.methods, is_method))
        table.problem("methods", "must be methods in capital letters, e.g. [\"GET\", \"HEAD\"]");
    if (is_plain_path(rule.path)) return rule;
    if (!table.has("function"))
        table.problem("path", "must start with / and have no %, ;, ?, //, . or .. segment");
    return std::nullopt;
}

void warn_of_rule(const Rule& rule, const std::string& where, std::vector<std::string>& warnings) {
    const auto has = [&](std::string_view method) {
        return std::ranges::find(rule.methods, method) != rule.methods.end();
    };
    if (has("POST") && !has("HEAD"))
        warnings.push_back(where + ": rule " + rule.path +
                           " allows POST without HEAD, which clients use to fetch a CSRF token");
    if (!rule.batch && rule.path.ends_with("/$batch"))
        warnings.push_back(where + ": rule " + rule.path +
                           " can match nothing without batch = true");
}

/// What later versions bring. Values that mean "off" are accepted.
void refuse_later(ConfigTable& table) {
    table.later({"rfc", "operations"});
    for (const auto* key : {"via", "expires"})
        if (!table.text(key).empty()) table.problem(key, later);
    if (table.boolean("maintenance", false)) table.problem("maintenance", later);
}

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
    if (has_credentials) policy.credentials_file = table.path("credentials_file");
    if (has_credentials && policy.kind != PrincipalKind::technical)
        table.problem("credentials_file", "belongs to kind = \"technical\"");
    if (!has_credentials && policy.kind == PrincipalKind::technical)
        table.problem("kind", "technical needs a credentials_file");
    table.done();
    return policy;
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
    policy.service = "HTTP/" + to_lower(mapping.internal.host);
    if (is_address(mapping.internal.host))
        table.problem("internal",
                      "is an address: say principal.service, e.g. \"HTTP/web.corp.example\"");
}

/// One, or a list of them for the time of a change.
std::vector<Pin> read_pins(ConfigTable& table) {
    const auto texts = table.is_list("pin") ? table.texts("pin")
                       : table.has("pin")   ? std::vector{table.text("pin")}
                                            : std::vector<std::string>();
    if (table.has("pin") && texts.empty())
        table.problem("pin", "must name a key; leave it out to believe any");
    std::vector<Pin> pins;
    for (const auto& text : texts) {
        const auto pin = parse_pin(text);
        if (pin)
            pins.push_back(*pin);
        else
            table.problem("pin", pin.error().detail);
    }
    return pins;
}

/// A user's certificate has to reach the back end over TLS: as the connection's own, or in a header
/// that the back end believes only from whom it knows by the connection's.
void check_principal(ConfigTable& table, const Mapping& mapping) {
    const bool needs_tls =
        mapping.principal.kind == PrincipalKind::x509 || mapping.system_certificate;
    if (needs_tls && mapping.internal.protocol != Protocol::https)
        table.problem("internal", mapping.system_certificate
                                      ? "must be https://, or system_certificate cannot be shown"
                                      : "must be https:// for a principal of kind x509");
    if (!mapping.pins.empty() && mapping.internal.protocol != Protocol::https)
        table.problem("pin", "belongs to https://");
}

Limits read_limits(ConfigTable table) {
    Limits limits;
    limits.connections =
        static_cast<std::uint32_t>(table.integer("connections", limits.connections, 1, 100'000));
    limits.response_timeout =
        table.duration("response_timeout", limits.response_timeout, 100ms, 24h);
    limits.stall_timeout = table.duration("stall_timeout", limits.stall_timeout, 1s, 168h);
    if (table.integer("requests_per_second", 0, 0, 1'000'000) != 0)
        table.problem("requests_per_second", later);
    if (table.boolean("circuit_breaker", false)) table.problem("circuit_breaker", later);
    table.done();
    return limits;
}

std::optional<Mapping> read_mapping(ConfigTable& table, MappingDocuments& documents) {
    const auto name = VirtualHost::parse(table.text("virtual"));
    if (!name) table.problem("virtual", "must be host:port, e.g. \"erp.virtual:44300\"");
    const auto internal = read_internal(table);
    const auto hub = table.text("hub");
    if (!hub.empty() && std::ranges::find(documents.hubs, hub) == documents.hubs.end())
        table.problem("hub", "names \"" + hub + "\", which is no configured [[hub]]");
    const auto header = table.choice("host_header", {"virtual", "internal"});
    const auto limits = read_limits(table.table("limits"));
    const auto principal = read_principal(table.table("principal"), documents.knows_kerberos);
    const bool system_certificate = table.boolean("system_certificate", false);
    auto pins = read_pins(table);
    refuse_later(table);
    const auto description = table.text("description");
    std::vector<Rule> rules;
    bool whole = true;
    for (auto& entry : table.tables("rule")) {
        if (auto rule = read_rule(entry))
            rules.push_back(std::move(*rule));
        else
            whole = false;
    }
    table.done();
    if (!name || !internal || !whole) return std::nullopt;
    const auto where = "mapping " + name->text();
    if (std::ranges::none_of(rules, &Rule::enabled))
        documents.warnings.push_back(where +
                                     " has no enabled rule, so nothing of it can be reached");
    for (const auto& rule : rules) warn_of_rule(rule, where, documents.warnings);
    Mapping mapping{
        .virtual_host = *name,
        .internal = *internal,
        .hub = hub,
        .host_header = header == "virtual" ? HostHeader::virtual_host : HostHeader::internal_host,
        .limits = limits,
        .principal = principal,
        .system_certificate = system_certificate,
        .pins = std::move(pins),
        .description = description,
        .rules = std::move(rules)};
    complete_kerberos(table, mapping);
    check_principal(table, mapping);
    return mapping;
}

}  // namespace

void read_mappings(ConfigTable& document, MappingDocuments& documents) {
    for (auto& table : document.tables("mapping")) {
        auto mapping = read_mapping(table, documents);
        if (!mapping) continue;
        const bool is_twin = std::ranges::any_of(documents.mappings, [&](const Mapping& other) {
            return other.virtual_host == mapping->virtual_host;
        });
        if (is_twin)
            table.problem("virtual", "is mapped twice: " + mapping->virtual_host.text());
        else
            documents.mappings.push_back(std::move(*mapping));
    }
}

}  // namespace sallyport::mappings
