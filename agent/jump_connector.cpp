#include "agent/jump_connector.hpp"

namespace sallyport::agent {

net::Task<Result<std::unique_ptr<net::Duplex>>> JumpConnector::connect(const Login* login,
                                                                       net::Deadline deadline) {
    Target target = options_.target;
    const auto jump_host = options_.jump_host;
    auto channel = co_await jump_host->open_direct(target.host, target.port, deadline);
    if (!channel) co_return channel.error();
    if (!options_.tls) co_return std::move(*channel);
    co_return co_await speak_tls(loop_, std::move(*channel), options_.tls, std::move(target), login,
                                 deadline);
}

}  // namespace sallyport::agent
