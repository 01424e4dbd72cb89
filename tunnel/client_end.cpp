#include "tunnel/client_end.hpp"

#include "base/error.hpp"
#include "tunnel/client_stream.hpp"

#include <utility>

namespace sallyport::tunnel {

ClientEnd::ClientEnd(net::Loop& loop, std::unique_ptr<net::Duplex> duplex,
                     const LinkOptions& options, MemoryBudget& budget)
    : link_(loop, std::move(duplex), Role::client, options, budget, *this) {}

net::Task<Error> ClientEnd::run() {
    if (auto started = link_.start(); !started) co_return started.error();
    while (!link_.ended()) co_await link_.end_event().wait();
    while (exchanges_ > 0) co_await link_.end_event().wait();
    co_return link_.why();
}

void ClientEnd::on_goaway() {
    going_away_ = true;
    retire();
    link_.end_event().set();
}

void ClientEnd::retire() {
    if (const auto told = std::exchange(retired_, nullptr)) told();
}

/// Counts an exchange, and lends it buffers.
class ClientEnd::Seat {
public:
    explicit Seat(ClientEnd& end) : end_(end) {
        ++end_.exchanges_;
        auto& idle = end_.idle_buffers_;
        if (idle.empty()) idle.push_back(std::make_unique<StreamBuffers>());
        buffers_ = std::move(idle.back());
        idle.pop_back();
    }
    ~Seat() {
        if (end_.idle_buffers_.size() < idle_buffers_max) {
            buffers_->rest();
            end_.idle_buffers_.push_back(std::move(buffers_));
        }
        if (--end_.exchanges_ == 0 && end_.link_.ended()) end_.link_.end_event().set();
    }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    StreamBuffers& buffers() { return *buffers_; }

private:
    ClientEnd& end_;
    std::unique_ptr<StreamBuffers> buffers_;
};

net::Task<Result<void>> ClientEnd::serve(const http::RequestHead& head, http::Body& up,
                                         http::Answer& down) {
    Seat seat(*this);
    if (link_.ended()) co_return Error{Errc::not_begun, "the link has ended"};
    ClientStream stream(link_, seat.buffers(), head, up, down);
    if (auto submitted = stream.submit(); !submitted) co_return submitted.error();
    if (!link_.session().accepts_requests()) retire();  // this was the last
    while (true) {
        stream.move();
        if (stream.is_over()) break;
        co_await down.event().wait();
    }
    co_return stream.outcome();
}

}  // namespace sallyport::tunnel
