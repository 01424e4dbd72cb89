// How the running hub learns of changes of its database, and makes its own.
#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/hub.hpp"

#include <boost/asio/post.hpp>

namespace sallyport::hub {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds accounts_retry{2};  // after the database could not be read

}  // namespace

net::Task<void> Hub::watch_accounts() {
    while (true) {
        co_await net::sleep_for(accounts_poll_interval);
        co_await refresh();
        co_await drain_outbox();
    }
}

net::Task<void> Hub::refresh() {
    using Snapshot = std::shared_ptr<const Accounts>;
    // One after the other: a picture that was begun earlier must not come after a later one.
    std::function<Result<Snapshot>()> read = [this]() -> Result<Snapshot> {
        const std::lock_guard turn(refresh_mutex_);
        auto accounts = refresh_accounts(store_, newest_accounts_);
        if (accounts) newest_accounts_ = *accounts;
        return accounts;
    };
    auto accounts = co_await net::run_on_pool<Snapshot>(pool_, loop_, std::move(read));
    if (accounts) {
        if ((*accounts)->generation > accounts_->generation) use(std::move(*accounts));
        co_return;
    }
    log::error("accounts.failed", {{"error", to_text(accounts.error())}});
    co_await net::sleep_for(accounts_retry);
}

/// A change of the database that a worker asks for and does not wait for. From any thread.
void Hub::record(std::function<Result<void>()> change) {
    asio::post(loop_.executor(), [this, change = std::move(change)]() mutable {
        tasks_.spawn("record", write(std::move(change)));
    });
}

net::Task<void> Hub::write(std::function<Result<void>()> change) {
    const auto done = co_await net::run_on_pool<void>(evidence_pool_, loop_, std::move(change));
    if (!done) log::error("record.failed", {{"error", to_text(done.error())}});
}

void Hub::use(std::shared_ptr<const Accounts> accounts) {
    const bool others = accounts->external_authorities != accounts_->external_authorities;
    accounts_ = std::move(accounts);
    keep_certificates();
    if (others) use(*revocation_->get());
    current_accounts_->set(accounts_);
    api_->use(accounts_);
    for (auto& worker : workers_) worker->use(accounts_);
    registry_.expel([this](const Registry::Member& member) {
        return accounts_->may_attach(member.name, member.location, member.serial).has_value();
    });
}

}  // namespace sallyport::hub
