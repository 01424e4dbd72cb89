#include "tunnel/server_end.hpp"

#include "base/error.hpp"
#include "tunnel/server_stream.hpp"

namespace sallyport::tunnel {

ServerEnd::ServerEnd(net::Loop& loop, std::unique_ptr<net::Duplex> duplex,
                     const LinkOptions& options, MemoryBudget& budget, ServerServices services)
    : loop_(loop),
      services_(services),
      link_(loop, std::move(duplex), Role::server, options, budget, *this),
      tasks_(loop) {}

ServerEnd::~ServerEnd() = default;

net::Task<Error> ServerEnd::run() {
    // However we leave, also by cancellation, the link is closed and its streams hear of it.
    struct Closer {
        ServerEnd& end;
        ~Closer() { end.link_.close({Errc::aborted, "stopped"}); }
    } closer{*this};
    if (auto started = link_.start(); !started) co_return started.error();
    while (!link_.ended()) co_await link_.end_event().wait();
    // The exchanges see that they were aborted and end by themselves; then the workers are idle.
    while (idle_.size() < streams_.size()) co_await link_.end_event().wait();
    tasks_.cancel();
    co_await tasks_.join();
    co_return link_.why();
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
