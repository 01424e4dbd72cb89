// Certificates of agents that do not come from the hub's own authority (docs/PROTOCOL.md#external):
// they are bound to an agent by their fingerprint, and nothing that stands in them is believed.
#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "hub/accounts.hpp"
#include "hub/agent_revocation.hpp"
#include "net/tls_context.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// Stands where the serial number of the hub's own certificates stands: "x" and the SHA-256 of the
/// certificate, hexadecimal. A serial number is hexadecimal too, so it is never one of these.
std::string external_serial(const certs::Certificate& certificate);
bool is_external_serial(std::string_view serial);

/// Whether the end of a leaf counts, or has been judged already (a grace).
enum class LeafEnd { counts, was_judged };

struct Vouching {
    certs::Time at;
    LeafEnd end = LeafEnd::counts;
    const certs::RevocationLists* revoked = nullptr;  // the tenant's; may be null
};

/// Which of the tenant's external authorities vouches for a client certificate: its fingerprint.
/// Errors: Errc::denied; the detail says what to do.
Result<std::string> vouching_authority(std::span<const ExternalAuthority> authorities,
                                       const Tenant& tenant, const certs::Certificate& leaf,
                                       std::span<const certs::Certificate> issuers,
                                       const Vouching& how);

/// Who may vouch for a certificate on a link: the authority that did so when it was bound, as long
/// as its tenant trusts it and the certificate was not revoked; nobody for one that is not bound.
std::vector<certs::Certificate> link_anchors(const Accounts& accounts,
                                             const certs::Certificate& leaf);
/// They, and what lists say of their certificates.
net::ExternalTrust link_trust(const Accounts& accounts, const AgentRevocation& revocation,
                              const certs::Certificate& leaf);
/// On an enrolment connection: every external authority, since whose agent it is says the request
/// that follows; nobody for one that was revoked.
std::vector<certs::Certificate> enrolment_anchors(const Accounts& accounts,
                                                  const certs::Certificate& leaf);

/// The agent that this certificate is bound to, whatever it says. Errors: Errc::denied.
Result<certs::AgentName> bound_agent(const Accounts& accounts, const std::string& hub_name,
                                     const certs::Certificate& leaf);

}  // namespace sallyport::hub
