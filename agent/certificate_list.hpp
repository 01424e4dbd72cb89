#pragma once

#include "agent/config.hpp"
#include "agent/principal_keys.hpp"
#include "certs/certificate.hpp"
#include "certs/expiry.hpp"
#include "certs/identity.hpp"
#include "daemon/certificate_expiry.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// Since 1970, as answers in JSON tell moments.
std::int64_t seconds_of(certs::Time time);

/// The certificates of an agent; the words of `certs list` and of the audit log.
enum class CertificateKind {
    tunnel,        // towards the hub
    system,        // towards back ends, where there is no user
    principal_ca,  // signs those of users
    admin,         // of admin_listen, towards who looks
};
std::string_view to_text(CertificateKind kind);
/// Of those that the agent has the key of. Errors: Errc::unsupported for "console", Errc::malformed
/// for anything else; both say what there is.
Result<CertificateKind> certificate_kind(std::string_view text);

/// One certificate, and what there is to know about its end.
struct ListedCertificate {
    CertificateKind kind;
    certs::Certificate certificate;
    certs::Life life;
    certs::RenewedBy renewed_by = certs::RenewedBy::hand;
    std::uint32_t failures = 0;  // of renewals in a row
    bool in_use = true;          // by the daemon; else it only lies there

    static ListedCertificate of(CertificateKind kind, certs::Certificate certificate);
    static ListedCertificate of(const certs::Identity& identity);
    certs::ExpiryLevel level(certs::Time now) const;
    daemon::WatchedCertificate watched() const;
};

boost::json::object to_json(const ListedCertificate& listed, certs::Time now);

/// {"source": "daemon" or "disk", "certificates": [...], "pending": [...]}; `pending` are the kinds
/// for which a certificate was requested and not imported yet.
boost::json::object list_json(const std::vector<ListedCertificate>& all, std::string_view source,
                              const Config& config, certs::Time now);
/// What list_json() made, for people.
std::string list_text(const boost::json::object& list);

/// What lies in the state directory. `in_use` are those that a daemon would use.
/// Errors: those of reading, but not that there is none of a kind.
Result<std::vector<ListedCertificate>> certificates_on_disk(const Config& config);

/// Those towards back ends that are in use.
std::vector<ListedCertificate> certificates_of(const PrincipalKeys& keys);
/// Those that lie on disk and that no mapping needs. Reads keys: not for every second.
std::vector<ListedCertificate> idle_certificates(const Config& config);

}  // namespace sallyport::agent
