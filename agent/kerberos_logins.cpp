#include "agent/kerberos_logins.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/within.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace sallyport::agent {
namespace {

net::Task<Result<void>> left(http::Answer& down) {
    while (!down.aborted()) co_await down.event().wait();
    co_return Result<void>();
}

}  // namespace

net::Task<Result<LoginPtr>> KerberosLogins::login(const KerberosOrder& order, http::Answer& down) {
    using namespace boost::asio::experimental::awaitable_operators;
    if (shared_.tokens == nullptr || shared_.lane == nullptr)
        co_return Error{KerberosFault::failed, "Kerberos is not set up: restart the agent"};
    auto asking = net::within(net::deadline_in(patience_), token(order));
    auto leaving = left(down);
    auto first = co_await (std::move(asking) || std::move(leaving));
    if (first.index() == 1) co_return Error{Errc::aborted, "the caller went away"};
    auto made = std::get<0>(std::move(first));
    if (!made) {
        auto error = made.error();
        if (error.code == Errc::timed_out)
            error = Error{KerberosFault::unreachable, "no answer in time"};
        log::warn("kerberos.failed", {{"user", order.user},
                                      {"service", order.service},
                                      {"agent", order.account.principal},
                                      {"error", to_text(error)}});
        co_return error;
    }
    auto login = std::make_shared<Login>();
    login->fields.push_back({"authorization", std::move(*made)});
    login->drops_authorization = true;
    co_return LoginPtr(std::move(login));
}

net::Task<Result<Secret>> KerberosLogins::token(const KerberosOrder& order) {
    std::function<Result<Secret>()> at_hand = [tokens = shared_.tokens, order] {
        return tokens->at_hand(order);
    };
    auto token = co_await net::run_on_pool(pool_, loop_, std::move(at_hand));
    if (token || token.error().code != Errc::not_found) co_return token;
    std::function<Result<Secret>()> obtain = [tokens = shared_.tokens, order] {
        return tokens->obtain(order);
    };
    co_return co_await net::run_on_pool(*shared_.lane, loop_, std::move(obtain));
}

void KerberosLogins::refused(const KerberosOrder& order) {
    if (shared_.tokens == nullptr) return;
    // Its lock is never held for long, but the pool is where it belongs. If the pool is full, the
    // next refusal asks again.
    (void)pool_.submit([tokens = shared_.tokens, order] { tokens->refused(order); });
}

}  // namespace sallyport::agent
