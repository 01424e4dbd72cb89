#include "net/listener.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/loop.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>

namespace sallyport::net {
namespace {

FileDescriptor open_spare() { return FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

FileDescriptor accept_from(int listening) {
    return FileDescriptor(::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/// The connection died while it waited, or the network had a hiccup (accept(2)): the next may be
/// fine.
bool concerns_one_connection(int error) {
    return error == EINTR || error == ECONNABORTED || error == EPERM || error == EPROTO ||
           error == ENETDOWN || error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET ||
           error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENETUNREACH;
}

}  // namespace

Listener::Listener(Loop& loop, ListeningSocket socket, OnAccept on_accept)
    : loop_(loop),
      socket_(std::move(socket)),
      on_accept_(std::move(on_accept)),
      spare_(open_spare()),
      pause_timer_(loop.executor()) {}

Listener::~Listener() {
    *self_ = nullptr;
    stop();
}

Result<void> Listener::start() {
    if (running_) return {};
    auto added = loop_.poller.add(socket_.native_handle(), *this);
    running_ = added.has_value();
    return added;
}

void Listener::stop() {
    if (!running_) return;
    running_ = false;
    if (is_linked()) unlink();
    pause_timer_.cancel();
    paused_ = false;  // for the next start()
    loop_.poller.remove(socket_.native_handle(), *this);
}

void Listener::on_events(std::uint32_t) { accept_some(); }

void Listener::end_of_turn() { accept_some(); }

void Listener::accept_some() {
    for (std::size_t i = 0; i < accepts_per_turn_max; ++i) {
        if (!running_ || paused_) return;  // also when the callback has stopped us
        auto connection = accept_from(socket_.native_handle());
        if (connection) {
            on_accept_(std::move(connection));
            continue;
        }
        if (errno == EAGAIN) return;
        if (!concerns_one_connection(errno)) return shed_and_pause();
    }
    // More may wait, and readiness is told only once: go on in the next turn, after the others.
    loop_.turn.at_flush(*this);
}

void Listener::shed_and_pause() {
    const int error = errno;
    log::error("listener.paused",
               {{"address", socket_.local_address()},
                {"error", os_error({}).code.message()},
                {"advice", "raise LimitNOFILE= of the service or lower the connection limits"}});
    if (error == EMFILE || error == ENFILE) {
        spare_.close();
        accept_from(socket_.native_handle()).close();
        spare_ = open_spare();
    }
    paused_ = true;
    pause_timer_.expires_after(pause);
    pause_timer_.async_wait([self = self_](boost::system::error_code failure) {
        if (!failure && *self != nullptr) (*self)->go_on();
    });
}

void Listener::go_on() {
    paused_ = false;
    loop_.turn.enter();
    accept_some();
    loop_.turn.leave();
}

}  // namespace sallyport::net
