#include "agent/connect_for.hpp"

#include "base/error.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace sallyport::agent {
namespace {

/// Until the caller leaves.
net::Task<Result<void>> left(http::Answer& down) {
    while (!down.aborted()) co_await down.event().wait();
    co_return Result<void>();
}

}  // namespace

net::Task<Result<std::unique_ptr<net::Duplex>>> connect_for(http::Answer& down,
                                                            Connector& connector,
                                                            const Login* login,
                                                            net::Deadline deadline) {
    using namespace boost::asio::experimental::awaitable_operators;
    auto connecting = connector.connect(login, deadline);
    auto leaving = left(down);
    auto first = co_await (std::move(connecting) || std::move(leaving));
    if (first.index() == 0) co_return std::get<0>(std::move(first));
    co_return Error{Errc::aborted, "the caller went away"};
}

}  // namespace sallyport::agent
