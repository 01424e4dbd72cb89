#include "hub/listening_sockets.hpp"

#include "base/error.hpp"

namespace sallyport::hub {
namespace {

bool is_reached_locally(const std::string& address) {
    if (address.starts_with('/')) return true;  // a Unix socket
    const auto parsed = net::HostPort::parse(address);
    return parsed && is_loopback(*parsed);
}

}  // namespace

bool is_loopback(const net::HostPort& address) {
    std::string_view host = address.host;
    if (host == "localhost" || host == "::1") return true;
    // An IPv6 socket that is bound to an IPv4 address (RFC 4291 section 2.5.5.2).
    constexpr std::string_view mapped = "::ffff:";
    if (host.starts_with(mapped)) host.remove_prefix(mapped.size());
    // A name like "127.example.com" is no address of this machine.
    return host.starts_with("127.") && net::Endpoint::literal(std::string(host), 0);
}

Result<net::ListeningSocket> take_or_open(std::vector<net::PassedSocket>& passed,
                                          std::string_view name, const std::string& address) {
    for (auto& socket : passed)
        if (socket.name == name && socket.socket)
            return net::ListeningSocket::adopt(std::move(socket.socket));
    return net::ListeningSocket::open(address);
}

Result<net::ListeningSocket> take_or_open_plain(std::vector<net::PassedSocket>& passed,
                                                std::string_view name, const std::string& address,
                                                Plaintext plaintext) {
    auto socket = take_or_open(passed, name, address);
    if (!socket || plaintext == Plaintext::allowed) return socket;
    const auto local = socket->local_address();
    if (is_reached_locally(local)) return socket;
    const std::string port(name);
    return Error{Errc::denied,
                 "the " + port + " port " + local +
                     " carries tokens in clear text: let it listen on a loopback address "
                     "(ListenStream= of the socket unit, or " +
                     port +
                     " in hub.toml), or say allow_plaintext = true in hub.toml if the network is "
                     "safe"};
}

}  // namespace sallyport::hub
