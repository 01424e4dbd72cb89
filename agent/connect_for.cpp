#include "agent/connect_for.hpp"

#include "base/error.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace sallyport::agent {

net::Task<Result<void>> until_left(http::Answer& down) {
    while (!down.aborted()) co_await down.event().wait();
    co_return Result<void>();
}

net::Task<Result<std::unique_ptr<net::Duplex>>> connect_for(http::Answer& down,
                                                            Connector& connector,
                                                            const Login* login,
                                                            net::Deadline deadline) {
    using namespace boost::asio::experimental::awaitable_operators;
    auto connecting = connector.connect(login, deadline);
    auto leaving = until_left(down);
    auto first = co_await (std::move(connecting) || std::move(leaving));
    if (first.index() == 0) co_return std::get<0>(std::move(first));
    co_return Error{Errc::aborted, "the caller went away"};
}

}  // namespace sallyport::agent
