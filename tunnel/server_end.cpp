#include "tunnel/server_end.hpp"

#include "base/error.hpp"
#include "tunnel/server_stream.hpp"

#include <boost/asio/this_coro.hpp>

namespace sallyport::tunnel {

namespace asio = boost::asio;

ServerEnd::ServerEnd(net::Loop& loop, std::unique_ptr<net::Duplex> duplex,
                     const LinkOptions& options, MemoryBudget& budget, ServerServices services)
    : services_(services),
      link_(loop, std::move(duplex), Role::server, options, budget, *this),
      tasks_(loop),
      streams_max_(options.h2.streams_max) {}

ServerEnd::~ServerEnd() = default;

net::Task<Error> ServerEnd::run() {
    // A cancellation must not unwind us while exchanges still refer to this link: they go first.
    co_await asio::this_coro::throw_if_cancelled(false);
    bool cancelled = false;
    const auto started = link_.start();
    while (started && !cancelled && !link_.ended()) cancelled = co_await is_cancelled_after_wait();
    link_.close(started ? Error{Errc::aborted, "stopped"} : started.error());
    // The exchanges see that they were aborted and end by themselves; then the workers are idle.
    while (!cancelled && idle_.size() < workers_) cancelled = co_await is_cancelled_after_wait();
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
    if (idle_.empty()) {
        // HTTP/2 counts open streams, but a worker may be busy with one that was reset a while
        // longer.
        if (workers_ >= 2 * streams_max_) return nullptr;
        auto made = std::make_unique<ServerStream>(*this, link_);
        idle_.push_back(made.get());
        ++workers_;
        tasks_.spawn("exchange", work(std::move(made)));
    }
    auto* stream = idle_.back();
    idle_.pop_back();
    stream->take();
    return stream;
}

net::Task<void> ServerEnd::work(std::unique_ptr<ServerStream> stream) { co_await stream->work(); }

bool ServerEnd::keep_idle(ServerStream& stream) {
    if (link_.ended()) link_.end_event().set();
    if (idle_.size() >= idle_workers_max) {
        --workers_;
        return false;
    }
    idle_.push_back(&stream);
    return true;
}

}  // namespace sallyport::tunnel
