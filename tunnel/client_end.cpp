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

net::Task<Result<void>> ClientEnd::serve(const http::RequestHead& head, http::Body& up,
                                         http::Answer& down) {
    struct Count {
        explicit Count(ClientEnd& e) : end(e) { ++end.exchanges_; }
        ~Count() {
            if (--end.exchanges_ == 0 && end.link_.ended()) end.link_.end_event().set();
        }
        ClientEnd& end;
    } count(*this);
    if (link_.ended()) co_return Error{Errc::unavailable, "the link has ended"};
    ClientStream stream(link_, head, up, down);
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
