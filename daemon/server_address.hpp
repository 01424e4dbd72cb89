#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// Host and port of an `http://` or `https://` URL that names nothing else.
struct ServerAddress {
    std::string host;  // name or address, an IPv6 one without brackets
    std::uint16_t port = 0;

    /// "https://hub.example.com[:port][/]"; the port defaults to 443.
    static Result<ServerAddress> from_https_url(std::string_view url);
    /// "http://proxy.corp:3128"; the port defaults to 3128.
    static Result<ServerAddress> from_proxy_url(std::string_view url);
    /// "host:port", for a Host field.
    std::string authority() const;
};

}  // namespace sallyport::daemon
