#pragma once

#include "mappings/internal_host.hpp"
#include "mappings/jump_host.hpp"
#include "mappings/limits.hpp"
#include "mappings/moment.hpp"
#include "mappings/pin.hpp"
#include "mappings/rfc_mapping.hpp"
#include "mappings/rule.hpp"
#include "mappings/virtual_host.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::mappings {

/// Which Host the back end sees: the virtual one, or its own (then X-Forwarded-Host names the
/// virtual).
enum class HostHeader { virtual_host, internal_host };

/// How the back end learns on whose behalf a request is made.
enum class PrincipalKind {
    none,       // not at all
    x509,       // a short-lived certificate with the user's name
    kerberos,   // a ticket of the user's, which the agent asks the KDC for
    technical,  // always the same user, from a file
};

/// Where an x509 back end looks for the user's certificate.
enum class CertificateDelivery {
    tls,              // it is the client certificate of the connection
    ssl_client_cert,  // in SSL_CLIENT_CERT, as SAP systems read it
    client_cert,      // in Client-Cert (RFC 9440)
};

/// principal = { kind, deliver, required, credentials_file, service }
struct PrincipalPolicy {
    PrincipalKind kind = PrincipalKind::none;
    CertificateDelivery deliver = CertificateDelivery::tls;
    bool required = false;                     // a request on behalf of nobody is refused
    std::filesystem::path credentials_file{};  // of kind technical: "user:password"
    std::string service{};  // of kind kerberos: "HTTP/web.corp", with or without "@REALM"

    /// Whether tokens that come with a request are looked at.
    bool looks_at_tokens() const { return kind != PrincipalKind::none || required; }
    bool operator==(const PrincipalPolicy&) const = default;
};

inline constexpr std::size_t internal_hosts_max = 8;  // of one mapping

/// Virtual host -> internal host, and what is allowed there.
struct Mapping {
    VirtualHost virtual_host;  // the first, where internal has several ports
    InternalHost internal;     // the first
    /// That answer while those before them cannot, in this order; of the same kind as the first.
    std::vector<InternalHost> others{};
    std::optional<JumpHost> via{};  // through which it is reached
    std::string hub{};              // name of the only hub that sees it; empty = every hub
    HostHeader host_header = HostHeader::virtual_host;
    Limits limits{};
    std::optional<HealthRules> health{};  // how internal hosts are checked; empty: not at all
    PrincipalPolicy principal{};
    bool system_certificate = false;            // it logs on where there is no principal
    std::vector<Pin> pins{};                    // keys that the back end may have; empty: any
    std::vector<std::vector<Pin>> host_pins{};  // instead, if not empty: of each host its own
    std::string description{};
    std::vector<Rule> rules{};
    /// Of a directory (ldap::Policy::of); empty: all, and nothing is refused.
    std::vector<std::string> operations{};
    std::optional<RfcMapping> rfc{};  // exactly where internal is rfc://
    bool enabled = true;              // false: as if it were not there
    bool maintenance = false;         // whatever comes is told to come again later
    std::optional<Moment> expires{};  // from then on as if it were not there

    /// Requests are judged by rules; a stream is exposed by its mapping.
    bool is_stream() const { return facts_of(internal.protocol).stream; }
    /// A stream whose operations are looked at.
    bool is_directory() const { return facts_of(internal.protocol).directory; }
    /// Requests are answered out of files.
    bool is_files() const { return facts_of(internal.protocol).files; }
    bool is_tls() const { return facts_of(internal.protocol).tls; }
    /// "erp.virtual:44300", "db.virtual:5430-5439"
    std::string virtual_text() const;
    std::size_t host_count() const { return 1 + others.size(); }
    /// One of host_count(), in their order.
    const InternalHost& host(std::size_t index) const {
        return index == 0 ? internal : others[index - 1];
    }
    const std::vector<Pin>& pins_of(std::size_t index) const {
        return host_pins.empty() ? pins : host_pins[index];
    }
    /// All of them: "https://a.corp:44300, https://b.corp:44300"
    std::string internal_text() const;

    bool operator==(const Mapping&) const = default;
};

}  // namespace sallyport::mappings
