#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// https://host[:port]/path of a server that is asked for something.
struct HttpsUrl {
    std::string host;  // an IPv6 address without brackets
    std::uint16_t port = 443;
    std::string target = "/";

    static std::optional<HttpsUrl> parse(std::string_view text);
    /// "host:port", for a Host field.
    std::string authority() const;
    /// The whole again, always with a port.
    std::string text() const;
    bool operator==(const HttpsUrl&) const = default;
};

}  // namespace sallyport::daemon
