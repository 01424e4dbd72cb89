#include "daemon/https_url.hpp"

#include "daemon/server_address.hpp"

#include <algorithm>

namespace sallyport::daemon {
namespace {

constexpr std::size_t url_bytes_max = 2 * 1024;

}  // namespace

std::optional<HttpsUrl> HttpsUrl::parse(std::string_view text) {
    constexpr std::string_view scheme = "https://";
    if (!text.starts_with(scheme) || text.size() > url_bytes_max) return std::nullopt;
    const auto slash = text.find('/', scheme.size());
    const auto address = ServerAddress::from_https_url(text.substr(0, slash));
    if (!address) return std::nullopt;
    HttpsUrl url{address->host, address->port, "/"};
    if (slash == std::string_view::npos) return url;
    url.target = text.substr(slash);
    const auto fits = [](char c) { return c > ' ' && c < '\x7f' && c != '#'; };
    if (!std::ranges::all_of(url.target, fits)) return std::nullopt;
    return url;
}

std::string HttpsUrl::authority() const { return ServerAddress{host, port}.authority(); }

std::string HttpsUrl::text() const { return "https://" + authority() + target; }

}  // namespace sallyport::daemon
