#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// Where internal names in a back end's answer are replaced by the virtual host, so that the cloud
/// can follow a redirect and return a cookie. Only what names exactly this back end is touched.
class Rewrite {
public:
    /// `virtual_authority` is "host:port" as the cloud knows it.
    Rewrite(std::string_view internal_host, std::uint16_t internal_port,
            std::string_view virtual_authority);

    /// For Location and Content-Location: `http://virtual:port/...` for an http(s) URL or a
    /// network-path reference (`//host/...`) that names the internal host and port. Empty: the
    /// value stays as it is.
    std::string location(std::string_view value) const;
    /// For Set-Cookie: a Domain attribute that is the internal host becomes the virtual one. Empty:
    /// the value stays as it is. One that is repeated is rewritten once, at the first.
    std::string set_cookie(std::string_view value) const;

private:
    std::string internal_host_;  // lower case
    std::uint16_t internal_port_;
    std::string virtual_authority_;
    std::string virtual_host_;
};

}  // namespace sallyport::agent
