// What `doctor` thinks of each step to a server. Pure.
#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "daemon/finding.hpp"
#include "daemon/server_address.hpp"
#include "net/endpoint.hpp"
#include "net/tls_probe.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// Resolution of a name. `where` names what says it: "url of [[hub]] prod".
Judgement judge_name(const std::string& host, const Result<std::vector<net::Endpoint>>& found,
                     bool has_ipv6, std::string_view where);

/// A TCP connection: whom it reached, or why not.
Judgement judge_tcp(const ServerAddress& server, const Result<std::string>& reached,
                    std::string_view where);

/// What a proxy said to CONNECT.
Judgement judge_proxy(const ServerAddress& server, const Result<void>& answer);

/// A TLS handshake that was made with checks, and, if it failed, what the server shows to anybody.
struct TlsFacts {
    ServerAddress server{};
    Result<std::string> agreed{std::string()};  // "TLSv1.3, CN=hub, until ..."
    std::optional<net::TlsShown> shown{};       // nothing: it is no TLS at all, or not asked
    std::string alpn{};                         // that must be agreed on; empty: none
    std::vector<certs::Certificate> anchors{};  // who is believed
    std::string trust{};  // where one says who is believed: "[trust] ca_file (/etc/...)"
    std::string where{};  // where the address stands: "url of [[hub]] prod"
    certs::Time now{};
};

/// Of a hub, which nobody but its own authority vouches for: says when somebody between breaks TLS
/// open, and whose certificate that is.
Judgement judge_hub_tls(const TlsFacts& facts);

/// Of any other server: says what its chain lacks, and what to put where.
Judgement judge_server_tls(const TlsFacts& facts);

/// "CN=erp, until 2026-01-01T00:00:00Z, issued by CN=corp CA".
std::string certificate_text(const certs::Certificate& certificate);

}  // namespace sallyport::daemon
