#include "hub/synthetic_exchange.hpp"

#include "base/error.hpp"
#include "tunnel/ready.hpp"

namespace sallyport::hub {

net::Task<Result<std::chrono::microseconds>> SyntheticExchange::run(
    http::Service& agent, std::chrono::milliseconds patience) {
    constexpr int no_content = 204;
    const auto began = net::Loop::now();
    sweep_.add(*this, net::deadline_in(patience));
    http::RequestHead head;
    head.method = "GET";
    head.authority = tunnel::ready_authority;
    head.target = "/";
    const auto served = co_await agent.serve(head, *this, *this);
    sweep_.remove(*this);
    if (given_up_) co_return Error{Errc::timed_out, "the agent did not answer in time"};
    if (!served) co_return served.error();
    if (status_ != no_content)
        co_return Error{Errc::protocol, "the agent answered " + std::to_string(status_)};
    co_return std::chrono::duration_cast<std::chrono::microseconds>(net::Loop::now() - began);
}

}  // namespace sallyport::hub
