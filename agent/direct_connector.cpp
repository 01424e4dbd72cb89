#include "agent/direct_connector.hpp"

#include "base/error.hpp"
#include "net/loop.hpp"

#include <cassert>

namespace sallyport::agent {

using Connection = Result<std::unique_ptr<net::Duplex>>;

DirectConnector::DirectConnector(net::Loop& loop, net::BlockingPool& pool, Options options)
    : loop_(loop), pool_(pool), options_(std::move(options)) {
    assert(!options_.targets.empty());
}

net::Task<Connection> DirectConnector::connect(const Login* login, net::Deadline deadline) {
    const auto count = options_.targets.size();
    const auto first = last_good_;
    Connection connection = Error{Errc::unavailable, {}};
    for (std::size_t tried = 0; tried < count; ++tried) {
        const auto at = (first + tried) % count;
        const auto now = net::Loop::now();
        const auto share = (deadline - now) / static_cast<long>(count - tried);
        connection = co_await connect_to(options_.targets[at], login, now + share);
        if (connection) {
            last_good_ = at;
            break;
        }
    }
    co_return connection;
}

net::Task<Connection> DirectConnector::connect_to(const Target& target, const Login* login,
                                                  net::Deadline deadline) {
    auto socket =
        co_await net::dial(pool_, loop_, target.host, target.port, options_.connect, deadline);
    if (!socket) co_return socket.error();
    if (!options_.tls) co_return std::unique_ptr<net::Duplex>(std::move(*socket));
    co_return co_await speak_tls(loop_, std::move(*socket), options_.tls, target, login, deadline);
}

}  // namespace sallyport::agent
