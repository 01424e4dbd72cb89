#pragma once

#include "base/file.hpp"
#include "base/result.hpp"
#include "net/poller.hpp"
#include "net/turn.hpp"
#include "net/within.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace sallyport::net {

class Loop;

/// A socket that listens. Several loops may accept from one: each gets its own duplicate().
class ListeningSocket {
public:
    struct Options {
        int backlog = 1024;
        mode_t unix_mode = 0660;  // of a Unix socket
    };

    /// "host:port", ":port" (every address, IPv4 and IPv6) or an absolute path (a Unix socket; a
    /// left-over file of a dead process is replaced, a living one is Errc::conflict). Port 0 is the
    /// kernel's choice. Errors: Errc::malformed, or the operating system's with what to do.
    static Result<ListeningSocket> open(std::string_view address, Options options);
    static Result<ListeningSocket> open(std::string_view address) { return open(address, {}); }
    /// A socket opened by somebody else (systemd). Errors: Errc::malformed if it does not listen.
    static Result<ListeningSocket> adopt(FileDescriptor socket);

    /// "127.0.0.1:8080", "[::]:443", "/run/sallyport/admin.sock".
    std::string local_address() const;
    std::uint16_t port() const;  // 0 for a Unix socket
    Result<ListeningSocket> duplicate() const;
    int native_handle() const { return socket_.get(); }

private:
    explicit ListeningSocket(FileDescriptor socket) : socket_(std::move(socket)) {}
    FileDescriptor socket_;
};

/// Accepts connections on one loop and hands each to a callback, from the loop's turn. When file
/// descriptors run out it closes one connection (so that its client learns of it), and pauses.
class Listener final : private Watcher, private EndOfTurn {
public:
    using OnAccept = std::function<void(FileDescriptor connection)>;
    static constexpr std::size_t accepts_per_turn_max = 64;
    static constexpr std::chrono::milliseconds pause{100};

    Listener(Loop& loop, ListeningSocket socket, OnAccept on_accept);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    Result<void> start();
    /// No more callbacks. The socket stays open, so that clients wait in the kernel's queue, until
    /// the Listener is destroyed.
    void stop();
    const ListeningSocket& socket() const { return socket_; }

private:
    void on_events(std::uint32_t events) override;
    void end_of_turn() override;
    void accept_some();
    void shed_and_pause();
    void go_on();

    Loop& loop_;
    ListeningSocket socket_;
    OnAccept on_accept_;
    FileDescriptor spare_;  // given up to be able to accept and close one connection
    Timer pause_timer_;
    // Null inside once we are gone: what a timer has decided to call, cancel() cannot call back.
    std::shared_ptr<Listener*> self_ = std::make_shared<Listener*>(this);
    bool running_ = false;
    bool paused_ = false;
};

/// A listening socket that systemd passed (sd_listen_fds(3)).
struct PassedSocket {
    std::string name;  // FileDescriptorName= of the socket unit
    FileDescriptor socket;
};

/// Takes the sockets that systemd passed to this process, and forgets the environment that told of
/// them. Call once, before threads start. Empty if there are none.
std::vector<PassedSocket> take_passed_sockets();

}  // namespace sallyport::net
