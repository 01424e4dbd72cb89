#pragma once

#include "net/endpoint.hpp"
#include "net/listener.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// Whether only programs of this machine reach the address.
bool is_loopback(const net::HostPort& address);

/// The socket that systemd passed under `name`, else one of our own at `address`.
Result<net::ListeningSocket> take_or_open(std::vector<net::PassedSocket>& passed,
                                          std::string_view name, const std::string& address);

enum class Plaintext { refused, allowed };

/// The same for a port where access tokens pass in clear text: whoever opened the socket, it must
/// stand on loopback, or be a Unix socket, unless `plaintext` is allowed. `name` is also that of
/// its key in hub.toml. Errors: Errc::denied.
Result<net::ListeningSocket> take_or_open_plain(std::vector<net::PassedSocket>& passed,
                                                std::string_view name, const std::string& address,
                                                Plaintext plaintext);

}  // namespace sallyport::hub
