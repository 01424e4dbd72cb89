#include "agent/deliveries.hpp"

#include "agent/direct_connector.hpp"
#include "base/error.hpp"

namespace sallyport::agent {

using mappings::CertificateDelivery;
using mappings::PrincipalKind;

namespace {

constexpr std::string_view credentials_unread =
    "the credentials_file of this mapping was not read: restart the agent";

std::string header_name(CertificateDelivery form) {
    return form == CertificateDelivery::ssl_client_cert ? "SSL_CLIENT_CERT" : "Client-Cert";
}

}  // namespace

Result<Appearance> appearance_of(const Site& site, const mappings::Mapping& mapping,
                                 const certs::Principal* principal) {
    if (mapping.principal.required && principal == nullptr)
        return Error{DeliveryFault::nobody,
                     "this system is reached on behalf of a user only, and the request has none"};
    Appearance seen;
    if (mapping.principal.kind == PrincipalKind::technical) {
        const auto found = site.technical.find(mapping.principal.credentials_file);
        if (found == site.technical.end())
            return Error{DeliveryFault::own, std::string(credentials_unread)};
        seen.text = "technical:" + found->second->user;
        return seen;
    }
    if (mapping.principal.kind == PrincipalKind::kerberos && principal != nullptr) {
        auto match = site.kerberos_users.apply(principal->type, principal->claims);
        if (!match) return Error{DeliveryFault::no_name, match.error().detail};
        seen.rule = match->rule;
        seen.text = "kerberos:" + match->name;
        seen.kerberos_name = std::move(match->name);
        return seen;
    }
    if (mapping.principal.kind == PrincipalKind::x509 && principal != nullptr) {
        auto match = site.subjects.apply(principal->type, principal->claims);
        if (!match) return Error{DeliveryFault::no_name, match.error().detail};
        seen.rule = match->rule;
        seen.text = "x509:" + match->subject.text();
        seen.subject = std::move(match->subject);
        return seen;
    }
    if (mapping.system_certificate) seen.text = "system";
    return seen;
}

std::string service_principal(const Site& site, const mappings::Mapping& mapping) {
    const auto& service = mapping.principal.service;
    if (!realm_of(service).empty() || !site.config.kerberos) return service;
    return service + '@' + std::string(realm_of(site.config.kerberos->account.principal));
}

std::string delivery_text(const Site& site, const mappings::Mapping& mapping,
                          const certs::Principal* principal) {
    const auto& policy = mapping.principal;
    if (policy.kind == PrincipalKind::kerberos)
        return principal == nullptr ? "nothing"
                                    : "Kerberos ticket for " + service_principal(site, mapping);
    if (policy.kind == PrincipalKind::technical) return "field of the technical user";
    const bool in_header =
        policy.kind == PrincipalKind::x509 && policy.deliver != CertificateDelivery::tls;
    const auto header = std::string(header_name(policy.deliver));
    if (policy.kind == PrincipalKind::x509 && principal != nullptr)
        return in_header ? "field " + header + ", the connection shows the system certificate"
                         : "client certificate of a connection of his own";
    if (mapping.system_certificate) return "system certificate";
    if (in_header)
        return (policy.deliver == CertificateDelivery::ssl_client_cert ? "empty field " : "no ") +
               header + ", the connection shows the system certificate";
    return "nothing";
}

void Deliveries::use(const SitePtr& site, const PrincipalKeys& keys, const std::string& agent) {
    const auto validity = site->config.principal_validity;
    if (!keys.is_same(keys_) || validity != validity_ || agent != agent_) {
        keys_ = keys;
        validity_ = validity;
        agent_ = agent;
        certificates_ = PrincipalCertificates({.authority = keys.authority,
                                               .system = keys.system,
                                               .agent = agent,
                                               .validity = validity});
    }
    use_tokens(*site);
}

void Deliveries::use_tokens(const Site& site) {
    std::map<std::filesystem::path, Tokens> now;
    for (const auto& [file, credentials] : site.technical) {
        if (!credentials->token_order) continue;
        const auto digest = credentials->digest + site.trust_digest;
        const auto kept = tokens_.find(file);
        if (kept != tokens_.end() && kept->second.digest == digest) {
            now.insert(std::move(*kept));
            continue;
        }
        const auto& url = credentials->token_order->url;
        DirectConnector::Options way;
        way.targets.push_back({url.host, url.port});
        way.tls = site.trust;
        auto connector = std::make_unique<DirectConnector>(loop_, pool_, std::move(way));
        now.emplace(file, Tokens{digest, std::make_shared<TokenSource>(loop_, std::move(connector),
                                                                       credentials)});
    }
    tokens_ = std::move(now);
}

Result<Deliveries::Delivery> Deliveries::choose(const Site& site, const mappings::Mapping& mapping,
                                                const certs::Principal* principal,
                                                certs::Time now) {
    auto seen = appearance_of(site, mapping, principal);
    if (!seen) return seen.error();
    Delivery delivery{
        .text = std::move(seen->text), .login = nullptr, .tokens = nullptr, .ticket = {}};
    if (mapping.principal.kind == PrincipalKind::kerberos) {
        delivery.login = kerberos_.nobody();
        if (principal == nullptr) return delivery;
        if (!site.config.kerberos)
            return Error{DeliveryFault::own, "[kerberos] is missing in the configuration"};
        delivery.ticket =
            KerberosOrder{site.config.kerberos->account, std::move(seen->kerberos_name),
                          service_principal(site, mapping)};
        return delivery;
    }
    if (mapping.principal.kind == PrincipalKind::technical) {
        const auto& file = mapping.principal.credentials_file;
        delivery.login = site.technical.at(file)->login;
        if (const auto found = tokens_.find(file); found != tokens_.end())
            delivery.tokens = found->second.source;
        if (delivery.login == nullptr && delivery.tokens == nullptr)
            return Error{DeliveryFault::own, std::string(credentials_unread)};
        return delivery;
    }
    if (!shows_certificates(mapping)) return delivery;
    const bool x509 = mapping.principal.kind == PrincipalKind::x509;
    const auto form = x509 ? mapping.principal.deliver : CertificateDelivery::tls;
    auto login = x509 && principal != nullptr
                     ? certificates_.login(principal->id, seen->subject, form, now)
                     : certificates_.login_without_user(
                           form,
                           mapping.system_certificate ? PrincipalCertificates::WithoutUser::system
                                                      : PrincipalCertificates::WithoutUser::nobody,
                           now);
    // A reserved subject is a rule's fault; whatever else fails here is ours.
    if (!login)
        return Error{
            login.error().code == Errc::denied ? DeliveryFault::no_name : DeliveryFault::own,
            login.error().detail};
    delivery.login = std::move(*login);
    return delivery;
}

net::Task<Result<void>> Deliveries::complete(Delivery& delivery, http::Answer& down) {
    if (delivery.ticket) {
        auto login = co_await kerberos_.login(*delivery.ticket, down);
        if (!login) co_return login.error();
        delivery.login = std::move(*login);
        co_return Result<void>();
    }
    if (delivery.tokens == nullptr) co_return Result<void>();
    delivery.login = delivery.tokens->at_hand();
    if (delivery.login != nullptr) co_return Result<void>();
    auto login = co_await delivery.tokens->login(down);
    if (!login) co_return login.error();
    delivery.login = std::move(*login);
    co_return Result<void>();
}

void Deliveries::answered(const Delivery& delivery, int status) {
    constexpr int unauthorized = 401;
    if (status != unauthorized) return;
    if (delivery.tokens != nullptr) delivery.tokens->refused(delivery.login.get());
    if (delivery.ticket) kerberos_.refused(*delivery.ticket);
}

}  // namespace sallyport::agent
