#pragma once

#include "agent/audit_gate.hpp"
#include "agent/config_channel.hpp"
#include "http/service.hpp"
#include "net/idle_sweep.hpp"
#include "net/listener.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "tunnel/control_message.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// Service channels, the only way against the usual direction: a program near the agent connects to
/// a local port and comes out at a service of the hub's side. The agent asks the hub with a nonce,
/// and the hub opens the stream with it; a stream that nobody has asked for is refused, so a hub
/// can open nothing by this way. Of one worker and hub; all calls on the loop's thread.
class Channels final : public http::Service {
public:
    struct Status {
        std::string name;
        std::string hub;
        std::string listen;
        std::size_t connections = 0;
        std::uint64_t opened = 0;
        std::uint64_t failed = 0;
        std::string last_error;
    };
    /// Asks the hub; false if no link is up.
    using Ask = std::function<bool(const tunnel::Open&)>;
    static constexpr std::chrono::milliseconds channel_open_time{20'000};

    Channels(net::Loop& loop, net::IdleSweep& sweep, AuditGate& gate, std::string hub,
             std::string location, Ask ask,
             std::chrono::milliseconds open_time = channel_open_time);
    ~Channels() override;

    /// Before start().
    void listen(const ChannelConfig& config, net::ListeningSocket socket);
    void start();
    /// The hub's answer where it opens no stream.
    void refused(const tunnel::OpenRefused& refused);
    /// A stream of the hub: `head.target` is "/" and a nonce.
    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override;
    void tell(std::vector<Status>& all) const;

    /// No new local connections.
    void drain();
    /// Those that still wait for the hub end.
    net::Task<void> stop();

private:
    struct Channel;
    struct Opening;
    using OpeningPtr = std::shared_ptr<Opening>;
    void accept(Channel& channel, FileDescriptor socket);
    net::Task<void> open(OpeningPtr opening);
    net::Task<bool> record_begin(Opening& opening);
    net::Task<void> give_up(Opening& opening, std::string_view reason);
    net::Task<Result<void>> move(Opening& opening, http::Body& up, http::Answer& down);
    OpeningPtr take(std::string_view target);

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    AuditGate& gate_;
    std::string hub_;
    std::string location_;
    Ask ask_;
    std::chrono::milliseconds open_time_;
    std::vector<std::unique_ptr<Channel>> channels_;
    std::map<std::string, OpeningPtr, std::less<>> waiting_;  // for the hub, by nonce
    net::TaskGroup tasks_;
};

}  // namespace sallyport::agent
