#include "agent/sftp_pool.hpp"

#include "agent/connect_for.hpp"
#include "base/error.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <utility>

namespace sallyport::agent {

namespace {

/// What an exchange leaves to be done.
constexpr std::size_t unanswered_few = 4;

}  // namespace

using Client = std::unique_ptr<ssh::SftpClient>;

SftpPool::SftpPool(net::Loop& loop, net::IdleSweep& sweep, Connector& connector, Limits limits)
    : loop_(loop),
      sweep_(sweep),
      connector_(connector),
      limits_(limits),
      places_({limits.connections, limits.waiting, limits.patience}) {}

net::Task<Result<SftpPool::Lease>> SftpPool::take(http::Answer& down, Freshness freshness,
                                                  const bool& expired) {
    using namespace boost::asio::experimental::awaitable_operators;
    auto place = co_await places_.take(down, sweep_, expired);
    if (!place) co_return place.error();
    Lease lease;
    lease.place = std::move(*place);
    if (freshness == Freshness::any) lease.client = take_idle();
    lease.reused = lease.client != nullptr;
    if (lease.reused) co_return lease;
    make_way();
    auto connecting = connect();
    auto leaving = until_left(down);
    auto first = co_await (std::move(connecting) || std::move(leaving));
    if (first.index() != 0) co_return Error{Errc::aborted, "the caller went away"};
    auto& connected = std::get<0>(first);
    if (!connected) co_return connected.error();
    lease.client = std::move(*connected);
    co_return lease;
}

net::Task<Result<Client>> SftpPool::connect() {
    const auto deadline = net::deadline_in(limits_.connect_timeout);
    auto channel = co_await connector_.connect(nullptr, deadline);
    if (!channel) co_return channel.error();
    co_return co_await ssh::SftpClient::open(loop_, std::move(*channel), deadline);
}

Client SftpPool::take_idle() {
    const auto newest = std::find_if(idle_.rbegin(), idle_.rend(), [](const Resting& resting) {
        const auto most = resting.doubtful ? 0 : unanswered_few;
        return !resting.client->failed() && resting.client->unanswered() <= most;
    });
    if (newest == idle_.rend()) return nullptr;
    auto client = std::move(newest->client);
    idle_.erase(std::next(newest).base());
    return client;
}

void SftpPool::put(Lease lease) {
    if (lease.client->failed()) return;
    const bool cleans_up = lease.doubtful && lease.client->unanswered() > 0;
    auto& resting = idle_.emplace_back(*this, std::move(lease.client), lease.doubtful);
    if (cleans_up) resting.place = std::move(lease.place);
    resting.client->rest(resting);
    sweep_.add(resting,
               net::deadline_in(cleans_up ? limits_.clean_up_timeout : limits_.idle_timeout));
}

void SftpPool::Resting::on_answered() {
    if (!place) return;
    place = Places::Place();
    set_deadline(net::deadline_in(pool.limits_.idle_timeout));
}

void SftpPool::Resting::on_deadline() {
    if (!place) return pool.drop(*this);
    place = Places::Place();  // others have waited long enough
    pool.sweep_.add(*this, net::deadline_in(pool.limits_.idle_timeout));
}

/// Those that rest count as well: the server may allow no more channels. The oldest go.
void SftpPool::make_way() {
    auto resting = static_cast<std::size_t>(
        std::ranges::count_if(idle_, [](const Resting& each) { return !each.place; }));
    for (auto at = idle_.begin();
         at != idle_.end() && places_.taken() + resting > limits_.connections;) {
        auto& each = *at++;
        if (each.place) continue;
        drop(each);
        --resting;
    }
}

/// It may be on the stack above us.
void SftpPool::drop(Resting& resting) {
    const auto found =
        std::ranges::find_if(idle_, [&](const Resting& other) { return &other == &resting; });
    if (found == idle_.end()) return;
    dropped_.splice(dropped_.end(), idle_, found);
    loop_.turn.at_flush(*this);
}

}  // namespace sallyport::agent
