#pragma once

#include "http/service.hpp"
#include "tunnel/link.hpp"
#include "tunnel/stream_buffers.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace sallyport::tunnel {

/// The hub's end of a link: the attached agent as an http::Service, whose calls become streams. A
/// request with `head.upgrade` becomes an extended CONNECT (RFC 8441), and so does a stream with a
/// target, which is a service channel's.
class ClientEnd final : public http::Service, private H2Events {
public:
    ClientEnd(net::Loop& loop, std::unique_ptr<net::Duplex> duplex, const LinkOptions& options,
              MemoryBudget& budget);
    ClientEnd(const ClientEnd&) = delete;
    ClientEnd& operator=(const ClientEnd&) = delete;

    /// Until the link has ended; says why it did. Exchanges that run then fail by themselves: who
    /// destroys this waits until streams() is 0.
    net::Task<Error> run();

    /// Errors: Errc::not_begun (the agent has surely not seen it, and no byte of the body is gone:
    /// it may be repeated on another link), Errc::unavailable (the link failed before the answer
    /// began, or takes no requests), Errc::cut (after it began), Errc::aborted (our caller gave
    /// up), Errc::limit (the agent is short of memory), Errc::unsupported (the head is too large
    /// for a link), Errc::malformed (an upgrade with a body), Errc::protocol (the agent's answer
    /// cannot be passed on), Errc::failed (the agent gave up).
    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override;

    bool accepts_requests() const {
        return !going_away_ && !link_.ended() && !link_.draining() &&
               link_.session().accepts_requests();
    }
    /// Called once when the link takes no more requests although it is up: the agent said GOAWAY,
    /// or the link has carried all the requests it can (`link().draining()` tells nothing of it).
    /// It may take notes and set events.
    void when_retired(std::function<void()> told) { retired_ = std::move(told); }
    /// Whether it was the agent who wants no more.
    bool going_away() const { return going_away_; }
    /// Exchanges under way.
    std::size_t streams() const { return exchanges_; }
    Link& link() { return link_; }
    const Link& link() const { return link_; }
    /// Set when accepts_requests() may have become false, and when the last exchange of an ended
    /// link is over.
    net::Event& event() { return link_.end_event(); }

private:
    H2Stream* on_new_stream() override { return nullptr; }  // the agent opens none
    void on_ping_answered() override { link_.ping_answered(); }
    void on_goaway() override;
    void retire();
    class Seat;

    static constexpr std::size_t idle_buffers_max = 512;  // kept for later requests

    Link link_;
    std::vector<std::unique_ptr<StreamBuffers>> idle_buffers_;
    std::size_t exchanges_ = 0;
    bool going_away_ = false;
    std::function<void()> retired_;
};

}  // namespace sallyport::tunnel
