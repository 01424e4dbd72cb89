#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// Where internal names in a back end's answer are replaced by the virtual host, so that the cloud
/// can follow a redirect and return a cookie. Only what names this back end is touched.
class Rewrite {
public:
    /// `virtual_authority` is "host:port" as the cloud knows it.
    Rewrite(std::string_view internal_host, std::uint16_t internal_port,
            std::string_view virtual_authority);

    /// For Location and Content-Location: `http://virtual:port/...` for an http(s) URL or a
    /// network-path reference (`//host/...`) that names the internal host and port. Empty: the
    /// value stays as it is.
    std::string location(std::string_view value) const;
    /// For Set-Cookie: a Domain that is the internal host becomes the virtual one. One that is a
    /// parent of it is taken away, so that the cookie is the virtual host's alone: the client would
    /// reject it otherwise, since the virtual host lies in no such domain (RFC 6265 section 5.3);
    /// where it does, the cookie stays. Empty: the value stays as it is. Of several the last
    /// counts.
    std::string set_cookie(std::string_view value) const;

private:
    std::string internal_host_;  // lower case
    std::uint16_t internal_port_;
    std::string virtual_authority_;
    std::string virtual_host_;
};

}  // namespace sallyport::agent
