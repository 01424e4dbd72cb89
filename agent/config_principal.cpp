#include "agent/config_principal.hpp"

#include "agent/kerberos_names.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view any = "*";

bool is_field_name(std::string_view text) {  // RFC 9110 section 5.1
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

void read_audiences(ConfigTable& table, IdentityProviderConfig& provider) {
    auto audiences = table.texts("audiences");
    const bool accept_any = table.boolean("accept_any_audience", false);
    provider.any_audience = std::ranges::find(audiences, any) != audiences.end();
    if (audiences.empty())
        table.problem("audiences",
                      "must name the client ids of the applications whose tokens count here");
    if (std::ranges::find(audiences, "") != audiences.end())
        table.problem("audiences", "must not contain an empty text");
    if (provider.any_audience && audiences.size() > 1)
        table.problem("audiences", "must be \"*\" alone, or not contain it");
    if (provider.any_audience && !accept_any)
        table.problem("audiences",
                      "\"*\" takes a token made for any application; say accept_any_audience = "
                      "true if that is meant");
    if (accept_any && !provider.any_audience)
        table.problem("accept_any_audience", "belongs to audiences = [\"*\"]");
    if (!provider.any_audience) provider.audiences = std::move(audiences);
}

IdentityProviderConfig read_identity_provider(ConfigTable& table) {
    IdentityProviderConfig provider;
    provider.issuer = table.text("issuer");
    if (provider.issuer.empty())
        table.problem("issuer", "must be what tokens say as `iss`, byte for byte");
    const auto url = table.text("jwks_url");
    provider.jwks_url = KeyUrl::parse(url);
    if (!url.empty() && !provider.jwks_url)
        table.problem("jwks_url", "must be https://host[:port]/path");
    const bool has_file = !table.text("jwks_file").empty();
    if (has_file) provider.jwks_file = table.path("jwks_file");
    if (has_file == !url.empty())
        table.problem("jwks_url", "or jwks_file is needed, and only one of them");
    if (!table.text("ca_file").empty()) provider.ca_file = table.path("ca_file");
    if (url.empty() && !provider.ca_file.empty()) table.problem("ca_file", "belongs to jwks_url");
    read_audiences(table, provider);
    provider.expiration_tolerance = std::chrono::floor<std::chrono::seconds>(
        table.duration("expiration_tolerance", 0ms, 0ms, 336h));
    table.done();
    return provider;
}

/// when = { user_type = "Technical", mail = true, department = { is_not = "guest" } }
std::vector<certs::SubjectCondition> read_conditions(ConfigTable table) {
    using Kind = certs::SubjectCondition::Kind;
    std::vector<certs::SubjectCondition> all;
    for (const auto& variable : table.keys()) {
        certs::SubjectCondition condition{variable, Kind::is, {}};
        if (table.is_text(variable)) {
            condition.value = table.text(variable);
        } else if (table.is_boolean(variable)) {
            condition.kind = table.boolean(variable, false) ? Kind::exists : Kind::missing;
        } else {
            auto inner = table.table(variable);
            condition.kind = Kind::is_not;
            condition.value = inner.text("is_not");
            if (!inner.is_text("is_not"))
                table.problem(variable,
                              "must be a text, true (it exists), false (it is missing) or "
                              "{ is_not = \"text\" }");
            else
                inner.done();
        }
        all.push_back(std::move(condition));
    }
    return all;
}

void check_conditions(ConfigTable& entry, const certs::SubjectRule& rule) {
    constexpr auto most = certs::SubjectRules::conditions_max;
    if (rule.when.size() > most)
        entry.problem("when", "has at most " + std::to_string(most) + " conditions");
}

std::vector<certs::SubjectRule> read_subject(ConfigTable& table) {
    std::vector<certs::SubjectRule> rules;
    for (auto& entry : table.tables("subject")) {
        certs::SubjectRule rule{read_conditions(entry.table("when")), entry.text("pattern")};
        if (const auto good = certs::SubjectPattern::parse(rule.pattern); !good)
            entry.problem("pattern", "is no subject: " + good.error().detail);
        check_conditions(entry, rule);
        entry.done();
        rules.push_back(std::move(rule));
    }
    if (rules.size() > certs::SubjectRules::rules_max)
        table.problem("subject",
                      "has at most " + std::to_string(certs::SubjectRules::rules_max) + " rules");
    return rules;
}

std::vector<certs::SubjectRule> read_kerberos_users(ConfigTable& table, std::string_view realm) {
    std::vector<certs::SubjectRule> rules;
    for (auto& entry : table.tables("user")) {
        certs::SubjectRule rule{read_conditions(entry.table("when")), entry.text("pattern")};
        if (const auto good = KerberosNamePattern::parse(rule.pattern, realm); !good)
            entry.problem("pattern", "is no name of a user: " + good.error().detail);
        check_conditions(entry, rule);
        entry.done();
        rules.push_back(std::move(rule));
    }
    if (rules.size() > certs::SubjectRules::rules_max)
        table.problem("user",
                      "has at most " + std::to_string(certs::SubjectRules::rules_max) + " rules");
    return rules;
}

}  // namespace

std::vector<IdentityProviderConfig> read_identity_providers(ConfigTable& document,
                                                            std::vector<std::string>& warnings) {
    std::vector<IdentityProviderConfig> all;
    for (auto& table : document.tables("identity_provider")) {
        auto provider = read_identity_provider(table);
        if (std::ranges::find(all, provider.issuer, &IdentityProviderConfig::issuer) != all.end())
            table.problem("issuer", "stands twice: " + provider.issuer);
        if (all.size() == identity_providers_max)
            table.problem("", "is one too many: at most " + std::to_string(identity_providers_max) +
                                  " are possible");
        if (provider.any_audience)
            warnings.push_back("identity_provider " + provider.issuer +
                               " accepts tokens made for any application: each of its clients can "
                               "act here for users who logged in to it");
        all.push_back(std::move(provider));
        if (all.size() > identity_providers_max) break;
    }
    return all;
}

PrincipalConfig read_principal(ConfigTable table) {
    PrincipalConfig principal;
    principal.strip = table.texts("strip");
    if (!std::ranges::all_of(principal.strip, is_field_name))
        table.problem("strip", "must be names of HTTP fields, e.g. [\"X-User\"]");
    principal.validity =
        std::chrono::floor<std::chrono::seconds>(table.duration("validity", 10min, 1min, 720h));
    principal.subject = read_subject(table);
    table.done();
    return principal;
}

KerberosConfig read_kerberos(ConfigTable table) {
    KerberosConfig kerberos;
    kerberos.account.keytab = table.secret_path("keytab");
    if (table.text("keytab").empty())
        table.problem("keytab", "must name the file with the key of the agent's account");
    kerberos.account.principal = table.text("principal");
    if (!is_kerberos_name(kerberos.account.principal))
        table.problem("principal",
                      "must be the agent's own with its realm, e.g. "
                      "\"HTTP/agent.corp.example@CORP.EXAMPLE\"");
    if (!table.text("krb5_conf").empty()) kerberos.krb5_conf = table.path("krb5_conf");
    kerberos.user = read_kerberos_users(table, realm_of(kerberos.account.principal));
    table.done();
    return kerberos;
}

}  // namespace sallyport::agent
