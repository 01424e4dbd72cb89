#include "net/endpoint.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cassert>
#include <cstring>
#include <netinet/in.h>

namespace sallyport::net {

std::optional<Endpoint> Endpoint::literal(std::string_view host, std::uint16_t port) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const std::string text(bracketed ? host.substr(1, host.size() - 2) : host);
    if (text.find('\0') != std::string::npos) return std::nullopt;
    sockaddr_in v4{};
    if (!bracketed && ::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        return Endpoint(reinterpret_cast<const sockaddr&>(v4));
    }
    sockaddr_in6 v6{};
    if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return Endpoint(reinterpret_cast<const sockaddr&>(v6));
}

Endpoint::Endpoint(const sockaddr& address) {
    assert(address.sa_family == AF_INET || address.sa_family == AF_INET6);
    std::memcpy(&storage_, &address,
                address.sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
}

socklen_t Endpoint::size() const { return is_v6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }

std::uint16_t Endpoint::port() const {
    return ntohs(is_v6() ? reinterpret_cast<const sockaddr_in6&>(storage_).sin6_port
                         : reinterpret_cast<const sockaddr_in&>(storage_).sin_port);
}

std::string Endpoint::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* address =
        is_v6()
            ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(storage_).sin6_addr)
            : &reinterpret_cast<const sockaddr_in&>(storage_).sin_addr;
    ::inet_ntop(storage_.ss_family, address, text.data(), text.size());
    const std::string host = is_v6() ? "[" + std::string(text.data()) + "]" : text.data();
    return host + ":" + std::to_string(port());
}

Result<HostPort> HostPort::parse(std::string_view text) {
    const Error malformed{Errc::malformed, "'" + std::string(text) + "' is not host:port"};
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return malformed;
    auto host = text.substr(0, colon);
    const auto port = parse_decimal(text.substr(colon + 1));
    if (!port || *port > 65535) return malformed;
    if (host.starts_with('[')) {
        if (!host.ends_with(']') || host.size() < 4) return malformed;
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return Error{Errc::malformed, "'" + std::string(text) +
                                          "' is ambiguous: write an IPv6 address in brackets, "
                                          "[2001:db8::1]:443"};
    }
    return HostPort{std::string(host), static_cast<std::uint16_t>(*port)};
}

std::vector<Endpoint> interleave(std::vector<Endpoint> endpoints) {
    if (endpoints.empty()) return endpoints;
    const bool first_is_v6 = endpoints.front().is_v6();
    std::vector<Endpoint> of_first;
    std::vector<Endpoint> of_other;
    for (const auto& endpoint : endpoints)
        (endpoint.is_v6() == first_is_v6 ? of_first : of_other).push_back(endpoint);
    std::vector<Endpoint> mixed;
    for (std::size_t i = 0; i < std::max(of_first.size(), of_other.size()); ++i) {
        if (i < of_first.size()) mixed.push_back(of_first[i]);
        if (i < of_other.size()) mixed.push_back(of_other[i]);
    }
    return mixed;
}

}  // namespace sallyport::net
