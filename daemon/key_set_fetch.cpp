#include "daemon/key_set_fetch.hpp"

#include "base/error.hpp"
#include "http/fetch.hpp"
#include "net/blocking_pool.hpp"
#include "net/connect.hpp"
#include "net/tls_duplex.hpp"

namespace sallyport::daemon {

net::Task<Result<FetchedKeys>> fetch_key_set(net::Loop& loop, net::BlockingPool& pool,
                                             KeySource source, net::Deadline deadline) {
    const net::ConnectOptions options;
    auto socket = co_await net::dial(pool, loop, source.host, source.port, options, deadline);
    if (!socket) co_return socket.error();
    auto tls = net::TlsDuplex::client(source.trust, std::move(*socket), source.host);
    if (!tls) co_return tls.error();
    if (auto greeted = co_await (*tls)->handshake(loop, deadline); !greeted)
        co_return greeted.error();
    http::FetchRequest request;
    request.target = source.target;
    request.host = source.authority;
    request.fields.emplace_back("accept", "application/json");
    auto response = co_await http::fetch(loop, **tls, std::move(request), deadline);
    if (!response) co_return response.error();
    if (response->status != 200)
        co_return Error{Errc::unavailable, source.host + " answered " +
                                               std::to_string(response->status) +
                                               " instead of a key set; redirects are not followed"};
    auto keys = certs::KeySet::from_json(response->body);
    if (!keys) co_return keys.error();
    co_return FetchedKeys{std::move(*keys), std::move(response->body)};
}

}  // namespace sallyport::daemon
