#pragma once

#include "base/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::mappings {

/// The name under which the cloud knows an internal system, e.g. "erp.corp:44300".
/// Always lower case, always with a port. Not a DNS name: nobody resolves it.
class VirtualHost {
public:
    /// Reads `host ":" port` (RFC 3986 section 3.2.2 reg-name; no IPv6 literal). The port
    /// is 1..65535, or a service name of SAP: sapgwNN = 33NN, sapgwNNs = 48NN. Errors:
    /// Errc::malformed; the detail repeats the offending text.
    static Result<VirtualHost> parse(std::string_view text);

    /// As parse(), but the port may be missing: then it is 80, as in an http URL.
    static Result<VirtualHost> from_authority(std::string_view authority);

    /// The same host, at another port.
    VirtualHost at(std::uint16_t port) const { return {host_, port}; }

    std::string_view host() const { return host_; }
    std::uint16_t port() const { return port_; }
    std::string text() const { return host_ + ":" + std::to_string(port_); }

    friend auto operator<=>(const VirtualHost&, const VirtualHost&) = default;

private:
    VirtualHost(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {}

    std::string host_;
    std::uint16_t port_;
};

}  // namespace sallyport::mappings
