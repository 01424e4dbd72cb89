#include "daemon/dial_out.hpp"

#include "base/secret_file.hpp"
#include "net/egress_proxy.hpp"

namespace sallyport::daemon {
namespace {

constexpr std::size_t proxy_credentials_bytes_max = 4 * 1024;
constexpr std::chrono::seconds unacknowledged_max{20};  // sent bytes, before the kernel gives up

}  // namespace

Result<Secret> read_proxy_credentials(const std::filesystem::path& file) {
    const auto secret = read_secret_file(file, proxy_credentials_bytes_max);
    if (!secret)
        return Error{secret.error().code, "proxy_credentials_file: " + to_text(secret.error())};
    auto text = secret->reveal();
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    return Secret(std::string(text));
}

net::Task<Result<std::unique_ptr<net::Duplex>>> dial_out(net::BlockingPool& pool, net::Loop& loop,
                                                         ServerAddress server, ProxyWay way,
                                                         net::Deadline deadline) {
    net::ConnectOptions options;
    options.user_timeout = unacknowledged_max;
    auto first_hop = server;
    if (!way.url.empty()) {
        auto proxy = ServerAddress::from_proxy_url(way.url);
        if (!proxy) co_return proxy.error();
        first_hop = *proxy;
    }
    auto dialled =
        co_await net::dial(pool, loop, first_hop.host, first_hop.port, options, deadline);
    if (!dialled) co_return dialled.error();
    std::unique_ptr<net::Duplex> wire = std::move(*dialled);
    if (way.url.empty()) co_return wire;

    Secret credentials;
    net::ProxyRequest request;
    request.host = server.host;
    request.port = server.port;
    request.credentials_file = way.credentials.string();
    if (!way.credentials.empty()) {
        auto read = read_proxy_credentials(way.credentials);
        if (!read) co_return read.error();
        credentials = std::move(*read);
        request.credentials = &credentials;
    }
    auto opened = co_await net::connect_through_proxy(loop, *wire, request, deadline);
    if (!opened) co_return opened.error();
    co_return wire;
}

}  // namespace sallyport::daemon
