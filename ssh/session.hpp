#pragma once

#include "net/duplex.hpp"
#include "net/event.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"
#include "net/task.hpp"
#include "net/turn.hpp"
#include "ssh/credentials.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::ssh {

class Channel;
class Engine;

/// One SSH connection to a server that proved its key, logged on, with many channels. All calls on
/// the loop's thread. Shared, though it is not immutable: its channels need it after everybody else
/// has let go of it; it ends with the last of them.
class Session final : public std::enable_shared_from_this<Session>,
                      private net::Ready,
                      private net::EndOfTurn,
                      private net::IdleSweep::Watched {
public:
    struct Options {
        std::string host;  // as known_hosts names it
        std::uint16_t port = 22;
        std::string user;
        CredentialsPtr credentials;
        /// From the first attempt to reach the server to the end of the login.
        std::chrono::milliseconds connect_timeout{10'000};
        /// Silence of the server after which it is asked whether it is there, and how long it may
        /// take to answer.
        std::chrono::milliseconds keepalive{15'000};
        std::chrono::milliseconds patience{10'000};
        /// A session that nobody has used for so long ends.
        std::chrono::milliseconds idle_timeout{600'000};
        /// A server that says nothing at all while it opens a channel is gone after so long: more
        /// than systems take to give a connection up.
        std::chrono::milliseconds opening_patience{180'000};
    };

    /// What a channel's peer may send before we have read it.
    static constexpr std::uint32_t window_bytes = 64 * 1024;
    /// The same for a subsystem, which sends what it was asked for: a file, at the speed of a far
    /// server.
    static constexpr std::uint32_t subsystem_window_bytes = 1024 * 1024;
    /// Of all channels that are open, being opened, or waiting for the server's word that they are
    /// closed.
    static constexpr std::size_t channels_max = 64;
    /// What waits to be sent before channels are asked to wait.
    static constexpr std::size_t unsent_bytes = 256 * 1024;
    /// From how long on an answer of the server to "open a channel" holds up others.
    static constexpr std::chrono::milliseconds stuck_after{1000};

    /// Shakes hands, checks the server's key and logs on. `wire` is connected and not attached.
    /// Errors: Fault, Errc::timed_out.
    static net::Task<Result<std::shared_ptr<Session>>> start(net::Loop& loop, net::IdleSweep& sweep,
                                                             net::BlockingPool& pool,
                                                             std::unique_ptr<net::Duplex> wire,
                                                             Options options,
                                                             net::Deadline deadline);
    ~Session();

    /// A connection of the server to `host`, whose name the server resolves. Not attached; it can
    /// be attached to this session's loop only. A server opens one channel after the other.
    /// Errors: Fault, Errc::timed_out; Errc::not_begun if for `stuck_after` nothing was asked for
    /// because the server is busy with another channel; Errc::limit above channels_max.
    net::Task<Result<std::unique_ptr<net::Duplex>>> open_direct(std::string host,
                                                                std::uint16_t port,
                                                                net::Deadline deadline);
    /// A subsystem of the server, e.g. "sftp"; what it says on its error output is dropped.
    /// Errors: as open_direct.
    net::Task<Result<std::unique_ptr<net::Duplex>>> open_subsystem(std::string name,
                                                                   net::Deadline deadline);

    /// Whether new channels can be asked for.
    bool usable() const { return !dead_ && !retired_; }
    /// Why the session is over.
    const std::optional<Error>& failure() const { return dead_; }
    /// As channels_max counts them.
    std::size_t channels() const;
    /// How often the server answered when it was asked whether it is there.
    std::uint64_t signs_of_life() const { return signs_of_life_; }
    /// To what a channel is being opened for longer than `stuck_after`; empty: to nothing.
    std::string stuck_on() const;
    /// Whether somebody would miss it.
    bool in_use() const;

private:
    friend class Channel;
    struct Opening;
    struct Waiter;
    struct Closing;

    Session(net::Loop& loop, net::IdleSweep& sweep, std::unique_ptr<net::Duplex> wire,
            std::shared_ptr<Engine> engine, Options options);

    net::Task<Result<void>> begin(net::BlockingPool& pool);
    net::Task<Result<void>> shake_hands();
    net::Task<Result<void>> log_on(net::BlockingPool& pool);
    net::Task<Result<void>> receive();
    Result<void> check_host_key() const;
    net::Task<Result<std::unique_ptr<net::Duplex>>> open(std::unique_ptr<Opening> opening,
                                                         net::Deadline deadline);

    void on_ready() override;
    void on_deadline() override;
    void end_of_turn() override { pump(); }
    void schedule() { loop_.turn.at_flush(*this); }
    void pump();
    bool fetch();
    void flush();
    void go_on_opening();
    bool go_on(Opening& opening);
    void opened(Opening& opening, Result<void> outcome);
    void answer(Opening& opening, Waiter& waiter, const Result<void>& outcome);
    void drain();
    void go_on_closing();
    void tell();
    void ping();
    void fail(Error error);
    void release(Channel& channel);
    bool congested() const;
    bool is_out(std::uint64_t when) const;
    std::string name() const;

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Options options_;
    std::shared_ptr<Engine> engine_;  // also of a job that goes on after a cancelled start
    std::unique_ptr<net::Duplex> wire_;
    net::Event started_;  // of use while `starting_`
    bool starting_ = true;
    bool retired_ = false;  // what the server says to "open a channel" is no longer clear
    std::optional<Error> dead_;
    std::deque<std::unique_ptr<Opening>> openings_;
    std::vector<Channel*> channels_;
    std::unique_ptr<Closing> closing_;
    std::uint64_t received_ = 0;         // bytes, ever
    std::uint64_t received_before_ = 0;  // at the last look
    bool asked_ = false;                 // whether it is there, since then
    std::uint64_t signs_of_life_ = 0;
    net::Deadline idle_since_{};
};

}  // namespace sallyport::ssh
