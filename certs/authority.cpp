#include "certs/authority.hpp"

#include "base/error.hpp"
#include "certs/certificate_content.hpp"

#include <algorithm>

namespace sallyport::certs {
namespace {

constexpr std::chrono::days authority_lifetime(3653);  // ten years
constexpr std::size_t hub_common_name_max = 64;

}  // namespace

Authority::Authority(Certificate certificate, Key key)
    : certificate_(std::move(certificate)), key_(std::move(key)) {}

Result<Authority> Authority::create(std::string_view name, Time now) {
    auto key = Key::generate(KeyKind::p256);
    if (!key) return key.error();
    CertificateContent content;
    content.common_name = name;
    content.not_before = now - back_dating;
    content.not_after = now + authority_lifetime;
    content.authority = 0;
    auto certificate =
        make_certificate(content, key->public_key(), {.key = *key, .certificate = nullptr});
    if (!certificate) return certificate.error();
    return Authority(std::move(*certificate), std::move(*key));
}

Result<Authority> Authority::load(std::string_view certificate_pem, std::string_view key_pem) {
    auto certificate = Certificate::from_pem(certificate_pem);
    if (!certificate) return certificate.error();
    auto key = Key::from_pem(key_pem);
    if (!key) return key.error();
    return of(std::move(*certificate), std::move(*key));
}

Result<Authority> Authority::of(Certificate certificate, Key key) {
    if (!certificate.is_authority())
        return Error{Errc::malformed, certificate.subject() + " is not an authority's certificate"};
    if (certificate.public_key() != key.public_key())
        return Error{Errc::conflict, "key and certificate of the authority do not belong together"};
    return Authority(std::move(certificate), std::move(key));
}

namespace {

/// Dates, as far as the authority itself lives.
Result<void> set_lifetime(CertificateContent& content, std::chrono::seconds lifetime, Time now,
                          const Certificate& authority) {
    if (lifetime < lifetime_min || lifetime > lifetime_max)
        return Error{Errc::limit, "a certificate may live from 1 minute to 366 days"};
    content.not_before = std::max(now - back_dating, authority.not_before());
    content.not_after = std::min(now + lifetime, authority.not_after());
    if (content.not_after - now < lifetime_min)
        return Error{Errc::denied, "the authority " + authority.subject() +
                                       " has reached its own end: make a new one"};
    return {};
}

}  // namespace

Result<Certificate> Authority::issue_agent(const PublicKey& key, const AgentName& name,
                                           std::chrono::seconds lifetime, Time now) const {
    // Whoever could make us certify our own key would be the hub and an agent at once.
    if (key == key_.public_key())
        return Error{Errc::denied, "the authority's own key cannot be an agent's"};
    CertificateContent content;
    if (auto set = set_lifetime(content, lifetime, now, certificate_); !set) return set.error();
    content.common_name = name.agent();
    content.organisation = name.tenant();
    content.usages = {ExtendedUsage::client_auth};
    content.uris = {name.text()};
    return make_certificate(content, key, {.key = key_, .certificate = &certificate_});
}

Result<Certificate> Authority::issue_server(const PublicKey& key, const ServerNames& names,
                                            std::chrono::seconds lifetime, Time now) const {
    if (names.dns_names.empty() && names.addresses.empty())
        return Error{Errc::malformed, "a server certificate needs a DNS name or an address"};
    CertificateContent content;
    if (auto set = set_lifetime(content, lifetime, now, certificate_); !set) return set.error();
    const auto& first = names.dns_names.empty() ? names.addresses.front() : names.dns_names.front();
    content.common_name = first.size() <= hub_common_name_max ? first : "hub";  // for people only
    content.usages = {ExtendedUsage::server_auth};
    content.dns_names = names.dns_names;
    content.addresses = names.addresses;
    return make_certificate(content, key, {.key = key_, .certificate = &certificate_});
}

Result<Certificate> Authority::issue_principal(const PublicKey& key,
                                               const DistinguishedName& subject,
                                               std::chrono::seconds lifetime, Time now) const {
    if (subject.empty()) return Error{Errc::malformed, "a principal needs a subject"};
    CertificateContent content;
    if (auto set = set_lifetime(content, lifetime, now, certificate_); !set) return set.error();
    content.subject = subject;
    content.usages = {ExtendedUsage::client_auth};
    return make_certificate(content, key, {.key = key_, .certificate = &certificate_});
}

}  // namespace sallyport::certs
