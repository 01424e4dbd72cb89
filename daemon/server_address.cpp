#include "daemon/server_address.hpp"

#include "base/error.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace sallyport::daemon {
namespace {

Result<ServerAddress> read(std::string_view text, std::string_view scheme, std::uint16_t port) {
    const auto wrong = [&] {
        return Error{Errc::malformed, "\"" + std::string(text) + "\" is not of the form " +
                                          std::string(scheme) + "://host[:port]"};
    };
    const auto url = boost::urls::parse_uri(text);
    if (!url || url->scheme() != scheme || url->has_userinfo() || url->has_query() ||
        url->has_fragment() || url->encoded_host().empty() ||
        !(url->encoded_path().empty() || url->encoded_path() == "/"))
        return wrong();
    if (url->has_port() && url->port_number() == 0) return wrong();
    ServerAddress address;
    address.host = url->host_address();
    address.port = url->has_port() ? url->port_number() : port;
    return address;
}

}  // namespace

Result<ServerAddress> ServerAddress::from_https_url(std::string_view url) {
    return read(url, "https", 443);
}

Result<ServerAddress> ServerAddress::from_proxy_url(std::string_view url) {
    return read(url, "http", 3128);
}

std::string ServerAddress::authority() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace sallyport::daemon
