#pragma once

#include "base/file.hpp"
#include "base/result.hpp"
#include "net/task.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstdint>
#include <sys/epoll.h>

namespace sallyport::net {

class Turn;

/// Who gets the readiness of one socket.
class Watcher {
public:
    /// `events` as of epoll(7): EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR.
    virtual void on_events(std::uint32_t events) = 0;

protected:
    ~Watcher() = default;
};

/// Readiness of the sockets on the data path. They hang edge-triggered on an epoll set of our own,
/// and Asio waits for that one descriptor: a socket costs one system call to add, none to re-arm,
/// and no speculative read that finds nothing. One batch of readiness is one turn of the loop.
class Poller {
public:
    Poller(asio::io_context& io, Turn& turn);
    ~Poller() = default;
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Watches `fd` for everything until remove(). Errors: the operating system's.
    Result<void> add(int fd, Watcher& watcher);
    /// After this `watcher` is not called again, not even for readiness already fetched.
    void remove(int fd, Watcher& watcher);

    /// Adding the first socket starts waiting for the set; without sockets an idle loop can end.
    std::size_t watched() const { return watched_; }

private:
    static constexpr std::size_t batch_max = 256;
    void wait();
    void dispatch();

    Turn& turn_;
    asio::posix::basic_stream_descriptor<Executor> set_;
    std::array<epoll_event, batch_max> batch_{};
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    std::size_t watched_ = 0;
    bool waiting_ = false;
};

}  // namespace sallyport::net
