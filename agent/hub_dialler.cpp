#include "agent/hub_dialler.hpp"

#include "base/file.hpp"
#include "base/secret.hpp"
#include "net/egress_proxy.hpp"

namespace sallyport::agent {
namespace {

constexpr std::size_t credentials_bytes_max = 4 * 1024;
constexpr std::chrono::seconds unacknowledged_max{20};  // sent bytes, before the kernel gives up

Result<Secret> read_credentials(const std::filesystem::path& file) {
    auto text = read_file(file, credentials_bytes_max);
    if (!text) return Error{text.error().code, "proxy_credentials_file: " + to_text(text.error())};
    while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
    return Secret(std::move(*text));
}

}  // namespace

net::Task<Result<std::unique_ptr<net::Duplex>>> dial_hub(net::BlockingPool& pool, net::Loop& loop,
                                                         HubAddress hub, ProxyWay way,
                                                         net::Deadline deadline) {
    net::ConnectOptions options;
    options.user_timeout = unacknowledged_max;
    auto first_hop = hub;
    if (!way.url.empty()) {
        auto proxy = HubAddress::from_proxy_url(way.url);
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
    request.host = hub.host;
    request.port = hub.port;
    request.credentials_file = way.credentials.string();
    if (!way.credentials.empty()) {
        auto read = read_credentials(way.credentials);
        if (!read) co_return read.error();
        credentials = std::move(*read);
        request.credentials = &credentials;
    }
    auto opened = co_await net::connect_through_proxy(loop, *wire, request, deadline);
    if (!opened) co_return opened.error();
    co_return wire;
}

}  // namespace sallyport::agent
