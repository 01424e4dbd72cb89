#pragma once

#include "agent/config.hpp"
#include "agent/exchange.hpp"
#include "agent/hub_address.hpp"
#include "agent/ready_board.hpp"
#include "audit/log.hpp"
#include "certs/spiffe.hpp"
#include "daemon/dial_out.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "tunnel/control_stream.hpp"
#include "tunnel/link.hpp"
#include "tunnel/server_end.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::net {
class TlsContext;
}

namespace sallyport::agent {

/// What the links of one worker to one hub need.
struct LinkWiring {
    net::Loop& loop;
    net::BlockingPool& pool;
    tunnel::MemoryBudget& budget;
    http::Service& exchanges;
    HubConfig hub;
    TunnelConfig tunnel;
    /// How to prove who we are: asked at each dial, so a new certificate is used from the next one
    /// on.
    std::function<Result<std::shared_ptr<const net::TlsContext>>()> context;
    std::function<tunnel::Hello()> hello;
    /// What the hub says about its authorities. May be empty.
    std::function<void(tunnel::Trust)> trust = {};
    /// Who we are at the hub, for the audit log; empty: what the certificate says.
    std::function<std::optional<certs::AgentName>()> name = {};
    /// This worker keeps the links `worker`, `worker + workers`, ...
    std::size_t worker = 0;
    std::size_t workers = 1;
    http::Service* channels = nullptr;  // streams of service channels; null: they are refused
    /// The hub opens no stream for a channel. May be empty.
    std::function<void(const tunnel::OpenRefused&)> open_refused = {};
    audit::Log* log = nullptr;  // where links that come and go are recorded; null: nowhere
    /// What the hub says as a witness of our audit log: a welcome with its key, or an answer. May
    /// be empty.
    std::function<void(tunnel::ControlMessage)> witness = {};
    /// Set when a link has come up or gone. May be empty.
    std::function<void()> changed = {};
    ReadyBoard* board = nullptr;  // what is to be known of the way through the hub; null: nothing
    http::Service* ready = nullptr;  // answers synthetic exchanges
};

/// Keeps the links of one worker to one hub up: dials, says hello, and dials again with full jitter
/// when a link dies. Names are resolved afresh for every attempt. Never gives up.
class HubLinks {
public:
    static constexpr std::size_t links_max = 8;  // per hub

    struct Status {
        std::size_t slot = 0;
        std::string state;  // "dialling", "waiting", "up", "draining"
        std::string peer;
        std::chrono::steady_clock::time_point since{};
        std::chrono::steady_clock::duration round_trip{};
        std::size_t streams = 0;
        std::uint64_t bytes_in = 0;
        std::uint64_t bytes_out = 0;
        std::string last_error;
    };

    explicit HubLinks(LinkWiring wiring);
    ~HubLinks();
    HubLinks(const HubLinks&) = delete;
    HubLinks& operator=(const HubLinks&) = delete;

    void start();
    /// Whoever waits to dial does it now.
    void reconnect();
    /// A new link in place of each one: the old ones go when the new ones are up.
    void replace();
    /// Asks the hub through a link that is up; false if there is none.
    bool ask(const tunnel::ControlMessage& question);
    /// Tells the hub that this process goes away and comes back, takes no new requests, and ends
    /// when those that run are done, or at the deadline.
    net::Task<void> stop(net::Deadline deadline);

    std::vector<Status> status() const;
    std::size_t up() const;
    /// Whether each link is up, on its way, or waits for its next attempt, none of them for longer
    /// than that can take. That hubs do not answer is no reason for false.
    bool keeps_trying() const;

private:
    struct Slot;
    struct Session;
    struct Ending;
    void fill_slots(std::size_t wanted);
    net::Task<void> keep(Slot& slot, std::uint64_t generation);
    net::Task<Error> run_once(Slot& slot, Ending& ending);
    void on_control(Slot& slot, Session& session, tunnel::ControlMessage message);

    LinkWiring wiring_;
    net::TaskGroup tasks_;
    std::vector<std::unique_ptr<Slot>> slots_;
    std::size_t welcomed_ = 0;  // sessions that the hub has taken in, also those that drain
    bool stopping_ = false;
};

}  // namespace sallyport::agent
