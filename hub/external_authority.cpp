#include "hub/external_authority.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/expired_chain.hpp"
#include "certs/spiffe.hpp"

namespace sallyport::hub {

std::string external_serial(const certs::Certificate& certificate) {
    return "x" + to_hex(certificate.fingerprint());
}

bool is_external_serial(std::string_view serial) { return serial.starts_with('x'); }

Result<std::string> vouching_authority(std::span<const ExternalAuthority> authorities,
                                       const Tenant& tenant, const certs::Certificate& leaf,
                                       std::span<const certs::Certificate> issuers,
                                       const Vouching& how) {
    const certs::ChainPolicy policy{
        .usage = certs::ExtendedUsage::client_auth, .at = how.at, .revoked = how.revoked};
    std::string why = "it trusts none";
    for (const auto& authority : authorities) {
        if (authority.tenant_id != tenant.id) continue;
        const auto anchor = certs::Certificate::from_pem(authority.certificate_pem);
        if (!anchor) continue;
        const auto check =
            how.end == LeafEnd::counts ? certs::check_chain : certs::check_chain_of_expired;
        const auto checked = check(leaf, issuers, {&*anchor, 1}, policy);
        if (checked) return authority.fingerprint;
        why = checked.error().detail;
    }
    return Error{Errc::denied,
                 "no external authority that the tenant " + tenant.name +
                     " trusts vouches for this certificate (" + why +
                     "); the hub's administrator allows one with: sallyport-hub ca trust-external "
                     "FILE --tenant " +
                     tenant.name};
}

std::vector<certs::Certificate> link_anchors(const Accounts& accounts,
                                             const certs::Certificate& leaf) {
    const auto* bound = accounts.find_certificate(external_serial(leaf));
    if (bound == nullptr || bound->revoked_at) return {};
    const auto* anchor = accounts.find_external(bound->agent.tenant_id, bound->authority);
    if (anchor == nullptr) return {};
    return {*anchor};
}

net::ExternalTrust link_trust(const Accounts& accounts, const AgentRevocation& revocation,
                              const certs::Certificate& leaf) {
    net::ExternalTrust trust{.anchors = link_anchors(accounts, leaf)};
    if (const auto* bound = accounts.find_certificate(external_serial(leaf)))
        trust.revoked = revocation.of_tenant(bound->agent.tenant_id);
    return trust;
}

std::vector<certs::Certificate> enrolment_anchors(const Accounts& accounts,
                                                  const certs::Certificate& leaf) {
    std::vector<certs::Certificate> anchors;
    if (accounts.is_revoked(external_serial(leaf))) return anchors;
    for (const auto& [key, certificate] : accounts.external_authorities)
        anchors.push_back(certificate);
    return anchors;
}

Result<certs::AgentName> bound_agent(const Accounts& accounts, const std::string& hub_name,
                                     const certs::Certificate& leaf) {
    const auto* bound = accounts.find_certificate(external_serial(leaf));
    if (bound == nullptr) return Error{Errc::denied, "the certificate is bound to no agent"};
    return certs::AgentName::make(hub_name, bound->agent.tenant_id, bound->agent.name);
}

}  // namespace sallyport::hub
