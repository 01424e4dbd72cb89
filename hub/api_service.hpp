#pragma once

#include "http/simple_service.hpp"
#include "hub/api.hpp"
#include "hub/est_server.hpp"
#include "hub/token_endpoint.hpp"
#include "net/blocking_pool.hpp"
#include "net/loop.hpp"

#include <memory>

namespace sallyport::hub {

/// The hub's API for one connection to its TLS port: tokens, key set, enrolment. What blocks runs
/// on the pool. `certificate` is what the peer of the connection proved, if anything.
class Api {
public:
    Api(net::Loop& loop, net::BlockingPool& pool, TokenEndpoint tokens, EstServer est,
        std::shared_ptr<const Accounts> accounts);

    void use(std::shared_ptr<const Accounts> accounts) { accounts_ = std::move(accounts); }
    /// Awaited after an enrolment and before its answer, so that the hub knows the certificate when
    /// its agent uses it.
    void on_change(std::function<net::Task<void>()> changed) { changed_ = std::move(changed); }

    net::Task<http::SimpleResponse> answer(const http::SimpleRequest& request,
                                           std::optional<certs::Certificate> certificate,
                                           std::string peer);

private:
    net::Loop& loop_;
    net::BlockingPool& pool_;
    TokenEndpoint tokens_;
    EstServer est_;
    std::shared_ptr<const Accounts> accounts_;
    std::function<net::Task<void>()> changed_;
};

}  // namespace sallyport::hub
