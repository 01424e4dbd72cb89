#pragma once

#include "base/result.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace sallyport::net {

/// An IP address and a port.
class Endpoint {
public:
    /// Reads an IPv4 or IPv6 literal, the latter with or without brackets; nothing if `host` is a
    /// name.
    static std::optional<Endpoint> literal(std::string_view host, std::uint16_t port);
    /// Takes over what the operating system tells. Precondition: AF_INET or AF_INET6.
    explicit Endpoint(const sockaddr& address);

    bool is_v6() const { return storage_.ss_family == AF_INET6; }
    std::uint16_t port() const;
    const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage_); }
    socklen_t size() const;
    /// "127.0.0.1:443", "[::1]:443".
    std::string to_string() const;
    friend bool operator==(const Endpoint& a, const Endpoint& b) {
        return a.to_string() == b.to_string();
    }

private:
    sockaddr_storage storage_{};
};

/// "host:port", "[::1]:port" or, with an empty host, ":port".
/// Errors: Errc::malformed; the detail repeats the text.
struct HostPort {
    std::string host;  // without brackets
    std::uint16_t port = 0;
    static Result<HostPort> parse(std::string_view text);
};

/// The order in which RFC 8305 section 4 tries addresses: the families alternate, the first one is
/// the resolver's choice.
std::vector<Endpoint> interleave(std::vector<Endpoint> endpoints);

}  // namespace sallyport::net
