#include "tests/support/test_pki.hpp"

#include <utility>

namespace sallyport::test {
namespace {

using certs::Authority;
using certs::CertificateContent;
using certs::ExtendedUsage;
using certs::Key;

constexpr std::chrono::hours lifetime(24);

}  // namespace

std::string Held::key_pem() const { return std::string(key.to_pem().value().reveal()); }

TestPki::TestPki(std::string_view name, certs::Time now)
    : now_(now), authority_(Authority::create(name, now).value()) {}

CertificateContent TestPki::agent_content() const {
    CertificateContent content;
    content.common_name = "berlin-1";
    content.organisation = "acme";
    content.not_before = now_ - certs::back_dating;
    content.not_after = now_ + lifetime;
    content.usages = {ExtendedUsage::client_auth};
    content.uris = {"spiffe://hub.test/tenant/acme/agent/berlin-1"};
    return content;
}

CertificateContent TestPki::hub_content(const std::vector<std::string>& dns_names) const {
    CertificateContent content;
    content.common_name = dns_names.empty() ? "hub" : dns_names.front();
    content.not_before = now_ - certs::back_dating;
    content.not_after = now_ + lifetime;
    content.usages = {ExtendedUsage::server_auth};
    content.dns_names = dns_names;
    content.addresses = {"127.0.0.1"};
    return content;
}

Held TestPki::issue(const CertificateContent& content) const {
    return issue_with(Key::generate(certs::KeyKind::p256).value(), content);
}

Held TestPki::issue_with(const Key& key, const CertificateContent& content) const {
    const certs::Issuer issuer{.key = authority_.key(), .certificate = &authority_.certificate()};
    return {key, certs::make_certificate(content, key.public_key(), issuer).value()};
}

Held TestPki::hub(const std::vector<std::string>& dns_names) const {
    return issue(hub_content(dns_names));
}

Held TestPki::expired_hub(const std::vector<std::string>& dns_names) const {
    auto content = hub_content(dns_names);
    content.not_before = now_ - 2 * lifetime;
    content.not_after = now_ - lifetime;
    return issue(content);
}

Held TestPki::agent(std::string_view agent, std::string_view tenant) const {
    auto content = agent_content();
    content.common_name = agent;
    content.organisation = tenant;
    content.uris = {certs::AgentName::make("hub.test", tenant, agent).value().text()};
    return issue(content);
}

Held TestPki::expired_agent() const {
    auto content = agent_content();
    content.not_before = now_ - 2 * lifetime;
    content.not_after = now_ - lifetime;
    return issue(content);
}

Held TestPki::future_agent() const {
    auto content = agent_content();
    content.not_before = now_ + lifetime;
    content.not_after = now_ + 2 * lifetime;
    return issue(content);
}

Held TestPki::agent_without_usage() const {
    auto content = agent_content();
    content.usages = {};
    return issue(content);
}

Held TestPki::agent_with_server_usage() const {
    auto content = agent_content();
    content.usages = {ExtendedUsage::server_auth};
    return issue(content);
}

Held TestPki::agent_with_uris(const std::vector<std::string>& uris) const {
    auto content = agent_content();
    content.uris = uris;
    return issue(content);
}

}  // namespace sallyport::test
