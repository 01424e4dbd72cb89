#pragma once

#include "certs/spiffe.hpp"
#include "daemon/watchdog.hpp"
#include "http/h1_connection.hpp"
#include "http/server_limits.hpp"
#include "hub/agent_revocation.hpp"
#include "hub/config.hpp"
#include "hub/current.hpp"
#include "hub/hub_audit.hpp"
#include "hub/ingress.hpp"
#include "hub/local_links.hpp"
#include "hub/registry.hpp"
#include "hub/stream_clients.hpp"
#include "net/idle_sweep.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "tunnel/control_message.hpp"
#include "tunnel/flow.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::hub {

class ChannelStream;
class Witness;

/// What all workers of a hub look at. Lives as long as they do.
struct HubShared {
    std::shared_ptr<const Config> config;  // at start; later ones come by Worker::use
    Registry& registry;
    tunnel::MemoryBudget& budget;
    std::shared_ptr<const Accounts> accounts;  // at start; later ones come by Worker::use
    /// Another worker's loop goes on with a client connection.
    std::function<void(http::Relocation)> relocate;
    std::function<void(StreamRelocation)> relocate_stream;
    KeyWatch& keys;
    net::BlockingPool& pool;
    tunnel::Trust trust;  // at start; later ones come by Worker::use
    std::shared_ptr<const Current<AgentRevocation>> revocation;
    // From any thread:
    /// A link was taken in, and tells something that the accounts do not know yet.
    std::function<void(AgentKey, Sighting)> sighted;
    /// A copy of an agent's state was refused.
    std::function<void(AgentKey, std::string reason, std::string peer)> clone_seen;
    HubAudit* audit = nullptr;                   // null: nothing is recorded
    std::shared_ptr<Witness> witness = nullptr;  // of audit logs; null: none
};

/// A link whose certificate was checked, before its agent has said hello.
struct ArrivedLink {
    std::unique_ptr<net::Duplex> duplex;  // not attached
    certs::AgentName name;
    std::string serial;  // of the agent's certificate
    Registry::Seat seat{};
    /// It, and those between it and its authority.
    std::vector<certs::Certificate> path = {};
};

/// One thread of the hub: clients of its ports, and the links that carry what they want.
class Worker {
public:
    struct LinkStatus {
        std::string tenant;  // its id
        std::string agent;
        std::chrono::steady_clock::duration round_trip{};
        std::size_t streams = 0;
        std::uint64_t bytes_in = 0;
        std::uint64_t bytes_out = 0;
    };
    struct Status {
        Counts counts;
        std::vector<LinkStatus> links;  // that were taken in
        std::size_t held_requests = 0;
    };

    Worker(std::size_t index, HubShared& shared, TokenVerifier verifier,
           net::ListeningSocket proxy_socket);
    ~Worker();

    /// Before start().
    void listen(StreamPort port) { streams_.listen(std::move(port)); }
    void start();
    /// Ends when there is nothing left to run; then join().
    void stop(net::Deadline deadline);
    void join();

    // From any thread:
    net::Executor executor() { return loop_.executor(); }
    void adopt(ArrivedLink link);
    void adopt(http::Relocation client);
    void adopt(StreamRelocation client);
    void use(std::shared_ptr<const Accounts> accounts);
    void use(tunnel::Trust trust);
    void use(std::shared_ptr<const Config> config);
    void links_changed();
    /// There are other revocation lists: links of certificates on them end.
    void revocation_changed();
    /// `tell` is called on the worker's thread.
    void ask_status(std::function<void(Status)> tell);

    /// `tell` is called on the worker's thread.
    void ask_pulse(std::function<void(daemon::Pulse)> tell);

    std::size_t clients() const { return clients_now_.load(std::memory_order_relaxed); }

private:
    struct Attachment;
    struct OpenChannel;
    void accept(FileDescriptor socket);
    net::Task<void> serve_client(std::unique_ptr<net::Duplex> duplex, std::string buffered);
    net::Task<void> serve_link(ArrivedLink link);
    net::Task<void> serve_control(Attachment& attachment);
    void on_control(Attachment& attachment, tunnel::ControlMessage message);
    void on_open(Attachment& attachment, const tunnel::Open& open);
    void refuse_channel(Attachment& attachment, const tunnel::Open& open, std::string code);
    net::Task<void> serve_channel(Attachment& attachment, Channel channel, tunnel::Open open);
    net::Task<void> carry(Attachment& attachment, const Channel& channel, const tunnel::Open& open,
                          ChannelStream& stream);
    void judge_channels();
    net::Task<void> make_synthetic_exchanges(Attachment& attachment);
    void on_checkpoint(Attachment& attachment, tunnel::Checkpoint offer);
    net::Task<void> serve_checkpoint(Attachment& attachment, tunnel::Checkpoint offer);
    void reply(Attachment& attachment, const tunnel::ControlMessage& message);
    void on_hello(Attachment& attachment, const tunnel::Hello& hello);
    Result<void> may_attach(const Attachment& attachment, std::string_view location) const;
    void close_revoked();
    Registry::Member member_of(const Attachment& attachment, const tunnel::Hello& hello) const;
    void refuse(Attachment& attachment, std::string code, const Error& why);
    void refuse_clone(Attachment& attachment, const std::string& reason);
    net::Task<void> settle(Attachment& attachment, Registry::Member member,
                           std::vector<Registry::Contact> rivals);
    void take_in(Attachment& attachment, Registry::Member member);
    void take_out(Attachment& attachment);
    void welcome(Attachment& attachment);
    Registry::Contact contact_of(const Attachment& attachment);
    void leave(Attachment& attachment, Registry::Leave how);
    void close_denied(Attachment& attachment, std::string why);
    void retire(Attachment& attachment);
    void begin_stop(net::Deadline deadline);
    net::Task<void> finish();

    std::size_t index_;
    HubShared& shared_;
    std::shared_ptr<const Config> config_;
    net::Loop loop_;
    net::IdleSweep sweep_;
    LocalLinks links_;
    std::shared_ptr<const Accounts> accounts_;
    tunnel::Trust trust_;
    Ingress ingress_;
    http::ServerLimits limits_;
    net::Listener proxy_;
    net::TaskGroup clients_;
    StreamClients streams_;
    net::TaskGroup attachments_;
    net::TaskGroup closing_;
    std::set<http::H1Connection*> connections_;
    std::map<std::uint64_t, Attachment*> attached_;
    std::set<OpenChannel*> channels_;
    std::uint64_t next_attachment_ = 0;
    std::atomic<std::size_t> clients_now_{0};
    bool stopping_ = false;
    net::Deadline stop_deadline_{};
    boost::asio::executor_work_guard<net::Executor> work_;
    std::thread thread_;
};

}  // namespace sallyport::hub
