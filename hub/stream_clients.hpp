#pragma once

#include "hub/stream_connection.hpp"
#include "net/listener.hpp"
#include "net/task_group.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// A port for clients that want streams of bytes. Each worker has its own socket of it.
struct StreamPort {
    std::string_view name;  // for the log; a literal
    net::ListeningSocket socket;
    std::function<std::unique_ptr<StreamHandshake>()> handshake;
};

/// The clients of all stream ports on one worker.
class StreamClients {
public:
    static constexpr std::size_t stream_clients_max = 5'000;  // per worker

    /// `relocate`: the worker that has the link goes on with a client.
    StreamClients(net::Loop& loop, net::IdleSweep& sweep, Ingress& ingress,
                  std::function<void(StreamRelocation)> relocate);

    /// Before start().
    void listen(StreamPort port);
    void start();
    void adopt(StreamRelocation client);
    /// The accounts have changed: streams of whom they shut out end.
    void judge_again();
    /// No new ones; those in a handshake end soon, the others run on.
    void drain();
    void cancel() { clients_.cancel(); }
    bool empty() const { return clients_.empty(); }
    std::size_t size() const { return clients_.size(); }
    net::Task<void> join() { return clients_.join(); }

private:
    void accept(const StreamPort& port, FileDescriptor socket);
    net::Task<void> serve(std::unique_ptr<StreamConnection> connection);

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Ingress& ingress_;
    std::function<void(StreamRelocation)> relocate_;
    std::deque<StreamPort> ports_;  // their listeners hold on to them
    std::vector<std::unique_ptr<net::Listener>> listeners_;
    net::TaskGroup clients_;
    std::set<StreamConnection*> connections_;
    bool draining_ = false;
};

}  // namespace sallyport::hub
