#pragma once

#include "net/event.hpp"
#include "ssh/session.hpp"

#include <libssh2.h>

#include <vector>

namespace sallyport::ssh {

/// A channel that is being opened. libssh2 opens one after the other, and what has been asked for
/// cannot be taken back: an opening outlives a caller who leaves.
struct Session::Opening {
    std::string type;       // of the channel: "direct-tcpip"
    std::string message{};  // what belongs to that type (RFC 4254 section 7.2)
    std::string subsystem{};
    std::string target{};  // for people; empty: it only asks whether the server is there
    Waiter* waiter = nullptr;
    bool begun = false;
    net::Deadline begun_at{};
    LIBSSH2_CHANNEL* channel = nullptr;  // open, and waits for its subsystem

    bool is_ping() const { return target.empty(); }
};

/// Who wants it.
struct Session::Waiter {
    Waiter(net::Turn& turn, Opening& wanted) : event(turn), opening(&wanted) {
        opening->waiter = this;
    }
    ~Waiter() {
        if (opening != nullptr) opening->waiter = nullptr;
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    net::Event event;
    Opening* opening;  // null: see `result`
    std::optional<Result<std::unique_ptr<net::Duplex>>> result;
};

/// Channels whose owners have let go of them, until the server has closed them as well.
struct Session::Closing {
    std::vector<LIBSSH2_CHANNEL*> channels;
    /// May end the session.
    void add(Session& session, LIBSSH2_CHANNEL* channel);
};

}  // namespace sallyport::ssh
