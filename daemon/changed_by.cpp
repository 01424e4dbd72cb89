#include "daemon/changed_by.hpp"

#include "daemon/account.hpp"
#include "net/within.hpp"

#include <functional>
#include <utility>

namespace sallyport::daemon {

net::Task<ChangedBy> changed_by(net::BlockingPool& pool, net::Loop& loop, AdminCaller caller) {
    constexpr std::chrono::seconds patience{2};
    ChangedBy by{.who = caller.text()};
    if (!caller.login.empty()) co_return by;  // no user of this machine
    std::function<Result<std::string>()> ask = [user = caller.user]() -> Result<std::string> {
        return account_of(user);
    };
    auto asking = net::run_on_pool<std::string>(pool, loop, std::move(ask));
    auto account = co_await net::within(net::deadline_in(patience), std::move(asking));
    if (account) by.account = std::move(*account);
    co_return by;
}

}  // namespace sallyport::daemon
