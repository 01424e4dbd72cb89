#pragma once

#include "mappings/pin.hpp"
#include "mappings/rule.hpp"
#include "mappings/virtual_host.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sallyport::mappings {

enum class Protocol { http, https };

/// Which Host the back end sees: the virtual one, or its own (then X-Forwarded-Host names the
/// virtual).
enum class HostHeader { virtual_host, internal_host };

/// Where the agent really connects to.
struct InternalHost {
    Protocol protocol = Protocol::http;
    std::string host;  // name or address, an IPv6 one without brackets
    std::uint16_t port = 0;

    /// "https://s4.corp.local:44300"
    std::string text() const;
    bool operator==(const InternalHost&) const = default;
};

struct Limits {
    std::uint32_t connections = 100;                     // to the back end, per worker
    std::chrono::milliseconds response_timeout{60'000};  // until the response head
    std::chrono::milliseconds stall_timeout{900'000};    // a body or stream that does not move

    bool operator==(const Limits&) const = default;
};

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

/// Virtual host -> internal host, and what is allowed there.
struct Mapping {
    VirtualHost virtual_host;
    InternalHost internal;
    std::string hub{};  // name of the only hub that sees it; empty = every hub
    HostHeader host_header = HostHeader::virtual_host;
    Limits limits{};
    PrincipalPolicy principal{};
    bool system_certificate = false;  // it logs on where there is no principal
    std::vector<Pin> pins{};          // keys that the back end may have; empty: any
    std::string description{};
    std::vector<Rule> rules{};

    bool operator==(const Mapping&) const = default;
};

}  // namespace sallyport::mappings
