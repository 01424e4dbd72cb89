#pragma once

#include "http/simple_service.hpp"
#include "hub/api.hpp"
#include "hub/est_server.hpp"
#include "hub/token_endpoint.hpp"
#include "net/blocking_pool.hpp"
#include "net/loop.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace sallyport::hub {

/// The hub's API: tokens, key set, enrolment. What touches the store runs on `pool`; secrets are
/// judged and tokens made on threads of their own, so that whoever floods the token endpoint delays
/// nothing but tokens.
class Api {
public:
    static constexpr std::size_t token_threads = 2;
    static constexpr std::size_t tokens_waiting_max = 128;  // more are refused: 503, Retry-After
    static constexpr std::chrono::seconds busy_retry_after{1};

    Api(net::Loop& loop, net::BlockingPool& pool, TokenEndpoint tokens, EstServer est,
        std::shared_ptr<const Accounts> accounts);

    void use(std::shared_ptr<const TokenEndpoint> tokens) { tokens_ = std::move(tokens); }
    void use(std::shared_ptr<const Accounts> accounts) { accounts_ = std::move(accounts); }
    /// Awaited after an enrolment and before its answer, so that the hub knows the certificate when
    /// its agent uses it.
    void on_change(std::function<net::Task<void>()> changed) { changed_ = std::move(changed); }

    /// `certificate` is what the peer of the connection proved by the hub's own authority, if
    /// anything, `external` what it proved by another one.
    net::Task<http::SimpleResponse> answer(const http::SimpleRequest& request,
                                           std::optional<certs::Certificate> certificate,
                                           std::string peer,
                                           std::vector<certs::Certificate> external = {});

private:
    net::Task<Result<ApiResponse>> token(std::function<Result<ApiResponse>()> work);

    net::Loop& loop_;
    net::BlockingPool& pool_;
    std::shared_ptr<const TokenEndpoint> tokens_;
    EstServer est_;
    std::shared_ptr<const Accounts> accounts_;
    std::function<net::Task<void>()> changed_;
    std::size_t tokens_under_way_ = 0;
    net::BlockingPool token_pool_{token_threads};  // ends first: its jobs use what is above
};

}  // namespace sallyport::hub
