#include "net/socket_duplex.hpp"

#include "base/error.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace sallyport::net {
namespace {

constexpr std::size_t buffers_max = 16;

Moved failed(int error) {
    return {Moved::State::failed, 0, {error, boost::system::system_category()}};
}

}  // namespace

SocketDuplex::SocketDuplex(FileDescriptor socket) : socket_(std::move(socket)) {
    const int flags = ::fcntl(socket_.get(), F_GETFL);
    ::fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK);
    const int on = 1;  // fails on a Unix socket, which has no Nagle
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

SocketDuplex::~SocketDuplex() { detach(); }

Result<void> SocketDuplex::attach(Loop& loop, Ready& ready) {
    if (!socket_) return Error{Errc::closed, "socket"};
    ready_ = &ready;
    loop_ = &loop;
    readable_ = writable_ = true;
    auto added = loop.poller.add(socket_.get(), *this);
    if (!added) loop_ = nullptr;
    return added;
}

void SocketDuplex::detach() {
    if (loop_ == nullptr) return;
    loop_->poller.remove(socket_.get(), *this);
    loop_ = nullptr;
}

Moved SocketDuplex::read(std::span<std::byte> into) {
    if (!readable_) return {};
    if (!socket_) return failed(EBADF);
    ssize_t count = 0;
    do count = ::recv(socket_.get(), into.data(), into.size(), 0);
    while (count < 0 && errno == EINTR);
    if (count == 0) return {Moved::State::ended, 0, {}};
    if (count > 0) {
        // A short read has emptied a stream socket; what comes later is a new edge (epoll(7)).
        if (static_cast<std::size_t>(count) < into.size() && !hung_up_) readable_ = false;
        return {Moved::State::ok, static_cast<std::size_t>(count), {}};
    }
    if (errno != EAGAIN) return failed(errno);
    readable_ = false;
    return {};
}

Moved SocketDuplex::write(std::span<const BytesView> buffers) {
    if (!writable_) return {};
    if (!socket_) return failed(EBADF);
    std::array<iovec, buffers_max> parts;
    std::size_t used = 0;
    for (const auto& buffer : buffers.first(std::min(buffers.size(), buffers_max))) {
        if (buffer.empty()) continue;
        parts[used++] = {const_cast<std::byte*>(buffer.data()), buffer.size()};
    }
    if (used == 0) return {Moved::State::ok, 0, {}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = used;
    ssize_t count = 0;
    do count = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    while (count < 0 && errno == EINTR);
    if (count >= 0) return {Moved::State::ok, static_cast<std::size_t>(count), {}};
    if (errno != EAGAIN) return failed(errno);
    writable_ = false;
    return {};
}

void SocketDuplex::finish() {
    if (socket_) ::shutdown(socket_.get(), SHUT_WR);
}

void SocketDuplex::close() {
    detach();
    socket_.close();
    readable_ = writable_ = true;  // so that further calls report the closed socket
}

void SocketDuplex::reset() {
    const linger at_once{1, 0};
    if (socket_) ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
}

bool SocketDuplex::quiet() const {
    char byte = 0;
    const auto count = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 && (errno == EAGAIN || errno == EINTR);
}

std::string SocketDuplex::peer() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return "?";
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        return std::string(text.data()) + ":" + std::to_string(ntohs(v4.sin_port));
    }
    if (address.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(v6.sin6_port));
    }
    return "local";
}

void SocketDuplex::on_events(std::uint32_t events) {
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = true;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) writable_ = true;
    ready_->on_ready();
}

}  // namespace sallyport::net
