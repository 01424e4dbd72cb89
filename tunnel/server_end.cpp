#include "tunnel/server_end.hpp"

#include "base/error.hpp"
#include "tunnel/server_stream.hpp"

#include <boost/asio/this_coro.hpp>

namespace sallyport::tunnel {

namespace asio = boost::asio;

ServerEnd::ServerEnd(net::Loop& loop, std::unique_ptr<net::Duplex> duplex,
                     const LinkOptions& options, MemoryBudget& budget, ServerServices services)
    : loop_(loop),
      services_(services),
      link_(loop, std::move(duplex), Role::server, options, budget, *this),
      tasks_(loop) {}

ServerEnd::~ServerEnd() = default;

net::Task<Error> ServerEnd::run() {
    // A cancellation must not unwind us while exchanges still refer to this link: they go first.
    co_await asio::this_coro::throw_if_cancelled(false);
    bool cancelled = false;
    const auto started = link_.start();
    while (started && !cancelled && !link_.ended()) cancelled = co_await is_cancelled_after_wait();
    link_.close(started ? Error{Errc::aborted, "stopped"} : started.error());
    // The exchanges see that they were aborted and end by themselves; then the workers are idle.
    while (!cancelled && idle_.size() < streams_.size())
        cancelled = co_await is_cancelled_after_wait();
    tasks_.cancel();
    co_await tasks_.join();
    co_await asio::this_coro::throw_if_cancelled(true);
    co_return link_.why();
}

net::Task<bool> ServerEnd::is_cancelled_after_wait() {
    co_await link_.end_event().wait();
    const auto state = co_await asio::this_coro::cancellation_state;
    co_return state.cancelled() != asio::cancellation_type::none;
}

H2Stream* ServerEnd::on_new_stream() {
    if (!idle_.empty()) {
        auto* stream = idle_.back();
        idle_.pop_back();
        stream->take();
        return stream;
    }
    streams_.push_back(std::make_unique<ServerStream>(*this, link_));
    auto* stream = streams_.back().get();
    stream->take();
    tasks_.spawn("exchange", stream->work());
    return stream;
}

void ServerEnd::release(ServerStream& stream) {
    idle_.push_back(&stream);
    if (link_.ended()) link_.end_event().set();
}

}  // namespace sallyport::tunnel
