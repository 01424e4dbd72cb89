#pragma once

#include "agent/audit_gate.hpp"
#include "agent/backends.hpp"
#include "agent/channels.hpp"
#include "agent/deliveries.hpp"
#include "agent/exchange.hpp"
#include "agent/hub_links.hpp"
#include "agent/meter.hpp"
#include "agent/principals.hpp"
#include "agent/ready_answer.hpp"
#include "agent/site.hpp"
#include "daemon/watchdog.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "tunnel/flow.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace sallyport::agent {

/// What all workers of an agent look at. Lives as long as they do.
struct AgentShared {
    audit::Log& log;
    net::BlockingPool& pool;
    tunnel::MemoryBudget& budget;
    std::size_t workers;
    SitePtr site;        // at start; later ones come by Worker::use
    PrincipalKeys keys;  // likewise
    std::string agent;   // the name in a system certificate
    std::uint64_t epoch;
    std::string process;
    /// How to prove who we are to a hub, from any thread.
    std::function<Result<std::shared_ptr<const net::TlsContext>>()> context;
    /// Key hashes of the authorities that we trust, from any thread.
    std::function<std::vector<std::string>()> authorities;
    /// What a hub said about its authorities, from any thread.
    std::function<void(tunnel::Trust)> trust;
    /// Asks for fresh keys of a source, from any thread.
    std::function<void(std::string_view source)> refresh_keys;
    KerberosShared kerberos;
    /// Who we are at the hub, from any thread.
    std::function<std::optional<certs::AgentName>()> name;
    /// What a hub says as a witness of the audit log, from any thread.
    std::function<void(std::string_view hub, tunnel::ControlMessage)> witness = {};
    /// How the internal hosts of mappings are, as all workers find it.
    std::shared_ptr<MappingStates> states = std::make_shared<MappingStates>();
    ReadyBoard* board = nullptr;  // what the links know of the way through the hubs
};

/// What this process says of itself on a new link to `hub`.
tunnel::Hello say_hello(const AgentShared& shared, const Site& site, const HubConfig& hub);

/// One thread of the agent: links to each hub, and the exchanges that come through them.
class Worker {
public:
    struct Status {
        std::vector<std::pair<std::string, std::vector<HubLinks::Status>>> links;  // by hub
        std::vector<Channels::Status> channels;
        /// Of the agent towards back ends, if it issued itself one and showed it.
        std::optional<certs::Certificate> issued_system;
        std::vector<ssh::Host::Status> ssh_hosts;
        Counts counts;                                          // of its exchanges
        std::vector<std::pair<std::string, PoolStatus>> pools;  // by mapping
    };

    Worker(std::size_t index, AgentShared& shared);
    ~Worker();

    /// Before start(). Local connections of a channel are one worker's.
    void listen(const ChannelConfig& channel, net::ListeningSocket socket);
    void start();
    void join();

    // From any thread:
    net::Executor executor() { return loop_.executor(); }
    void use(SitePtr site, PrincipalKeys keys);
    /// Before the first site whose sources they are.
    void use_keys(daemon::KeySnapshotPtr keys);
    /// The next system certificate that is shown is a new one, if we issue it ourselves.
    void renew_system();
    void reconnect();
    void replace_links();
    /// Asks that hub over one of this worker's links; `tell` is called on the worker's thread with
    /// whether there is one.
    void ask_hub(std::string hub, tunnel::ControlMessage question, std::function<void(bool)> tell);
    /// Ends the worker's loop when everything that runs is done, or at the deadline.
    void stop(net::Deadline deadline);
    /// `tell` is called on the worker's thread.
    void ask_status(std::function<void(Status)> tell);
    /// Likewise, for the watchdog.
    void ask_pulse(std::function<void(daemon::Pulse)> tell);

private:
    struct HubSide;
    net::Task<void> finish(net::Deadline deadline);

    std::size_t index_;
    AgentShared& shared_;
    net::Loop loop_;
    net::IdleSweep sweep_;
    AuditGate gate_;
    Meter meter_;
    Principals principals_;
    Backends backends_;
    Deliveries deliveries_;
    SitePtr site_;
    ReadyAnswer ready_;
    std::vector<std::unique_ptr<HubSide>> hubs_;
    net::TaskGroup finishing_;
    boost::asio::executor_work_guard<net::Executor> work_;
    std::thread thread_;
};

}  // namespace sallyport::agent
