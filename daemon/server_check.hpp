#pragma once

#include "daemon/doctor.hpp"
#include "daemon/proxy_way.hpp"
#include "daemon/server_address.hpp"
#include "daemon/server_judgement.hpp"
#include "net/duplex.hpp"
#include "net/tls_duplex.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sallyport::net {
class TlsContext;
}

namespace sallyport::daemon {

/// A server that a program dials, and how it does that.
struct DialledServer {
    std::string id{};     // of its findings: "hub.prod"
    std::string title{};  // "hub prod"
    std::string where{};  // what says its address: "url of [[hub]] prod"
    ServerAddress address{};
    ProxyWay proxy{};
    std::shared_ptr<const net::TlsContext> trust{};  // null: nobody is known, so nothing is checked
    std::string alpn{};                              // that `trust` demands
    std::vector<certs::Certificate> anchors{};       // for words
    std::string trust_place{};                       // "[trust] ca_file (/etc/...)"
    enum class Kind : std::uint8_t { hub, other } kind = Kind::other;
};

/// The steps ID.name, ID.tcp, ID.proxy and ID.tls; what comes after the first failure is left out.
/// The connection if all of them went well, else null.
net::Task<std::unique_ptr<net::TlsDuplex>> walk_to(DoctorBase base, DialledServer server,
                                                   Findings& into);

/// That, and no more.
Check server_check(DialledServer server);

}  // namespace sallyport::daemon
