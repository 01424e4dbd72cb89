#pragma once

#include "daemon/proxy_way.hpp"
#include "daemon/server_address.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// A connection that somebody must be allowed to make, for a firewall request.
struct Outbound {
    std::string from = std::string(this_machine);  // or "jump.corp:22", "proxy.corp:3128"
    std::string transport = "tcp";                 // or "tcp+udp"
    std::string protocol{};                        // "https", "ssh", "kerberos"
    std::string host{};                            // a name or an address
    std::uint16_t port = 0;
    std::uint16_t last_port = 0;           // of a range; else the same
    std::string purpose{};                 // "links to hub prod"
    std::string where{};                   // what says so: "[[hub]] prod url"
    std::vector<std::string> addresses{};  // resolved, if asked for
    std::string unresolved{};              // why they are not

    static constexpr std::string_view this_machine = "this machine";
    bool operator==(const Outbound&) const = default;
};

/// A server that is reached directly or through a proxy: one or two lines.
void add_outbound(std::vector<Outbound>& all, const ServerAddress& server, const ProxyWay& proxy,
                  Outbound facts);

/// Asks the system's resolver about each host that this machine dials itself. Blocks.
void resolve_all(std::vector<Outbound>& all);

/// {"outbound": [{"from", "transport", "protocol", "host", "port", "purpose", "where", ...}]}
boost::json::object outbound_json(const std::vector<Outbound>& all, std::string_view file);
/// A table in plain text, to be pasted into a request. `program`: "the agent of Sallyport".
std::string outbound_text(const std::vector<Outbound>& all, std::string_view program,
                          std::string_view file);

}  // namespace sallyport::daemon
