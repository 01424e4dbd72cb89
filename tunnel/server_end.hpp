#pragma once

#include "http/service.hpp"
#include "net/task_group.hpp"
#include "tunnel/link.hpp"

#include <memory>
#include <vector>

namespace sallyport::tunnel {

class ServerStream;

/// Who answers what comes through a link.
struct ServerServices {
    http::Service& exchanges;
    http::Service& control;  // the control stream (reserved::control_protocol)
    /// Streams of reserved::channel_protocol; null: they are refused.
    http::Service* channels = nullptr;
    /// The hub's own synthetic exchanges (tunnel/ready.hpp); null: they are exchanges like others.
    http::Service* ready = nullptr;
};

/// The agent's end of a link: each stream becomes a call of an http::Service. Streams are served by
/// workers, coroutines that are kept from one request to the next.
class ServerEnd final : private H2Events {
public:
    static constexpr std::size_t idle_workers_max = 512;  // kept for later

    ServerEnd(net::Loop& loop, std::unique_ptr<net::Duplex> duplex, const LinkOptions& options,
              MemoryBudget& budget, ServerServices services);
    ~ServerEnd();  // precondition: run() has returned, or the loop will not run again
    ServerEnd(const ServerEnd&) = delete;
    ServerEnd& operator=(const ServerEnd&) = delete;

    /// Serves until the link has ended and every exchange with it; says why it ended. When
    /// cancelled, closes the link and cancels its exchanges, and returns when they are gone.
    net::Task<Error> run();

    Link& link() { return link_; }
    std::size_t workers() const { return workers_; }

private:
    friend class ServerStream;
    H2Stream* on_new_stream() override;
    void on_ping_answered() override { link_.ping_answered(); }
    void on_goaway() override {}
    net::Task<void> work(std::unique_ptr<ServerStream> stream);
    net::Task<bool> is_cancelled_after_wait();
    bool keep_idle(ServerStream& stream);

    ServerServices services_;
    Link link_;
    net::TaskGroup tasks_;
    std::size_t streams_max_;
    std::size_t workers_ = 0;
    std::vector<ServerStream*> idle_;  // of the workers, who wait for work
};

}  // namespace sallyport::tunnel
