#include "base/error.hpp"
#include "net/endpoint.hpp"
#include "net/listener.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

constexpr int socket_kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

Error listen_error(std::string_view address) {
    auto error = os_error("listen on " + std::string(address));
    if (errno == EADDRINUSE) error.detail += ": another program listens there";
    if (errno == EACCES)
        error.detail +=
            ": not permitted; let systemd open it (a .socket unit), or choose a port above 1023";
    return error;
}

Result<FileDescriptor> bind_to(const Endpoint& endpoint, std::string_view text, int backlog) {
    FileDescriptor socket(::socket(endpoint.address()->sa_family, socket_kind, 0));
    if (!socket) return listen_error(text);
    const int on = 1;
    const int off = 0;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (endpoint.is_v6())  // "[::]" takes IPv4 too, whatever the system's default is
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (::bind(socket.get(), endpoint.address(), endpoint.size()) != 0 ||
        ::listen(socket.get(), backlog) != 0)
        return listen_error(text);
    return socket;
}

Result<FileDescriptor> bind_to_name(const HostPort& target, std::string_view text, int backlog) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int failure =
        ::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &list);
    if (failure != 0)
        return Error{Errc::malformed,
                     "listen on " + std::string(text) + ": " + ::gai_strerror(failure)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
    return bind_to(Endpoint(*list->ai_addr), text, backlog);
}

Result<FileDescriptor> bind_to_every_address(std::uint16_t port, std::string_view text,
                                             int backlog) {
    auto socket = bind_to(*Endpoint::literal("::", port), text, backlog);
    if (socket || socket.error().code.value() != EAFNOSUPPORT) return socket;
    return bind_to(*Endpoint::literal("0.0.0.0", port), text, backlog);
}

/// A process that died without tidying up leaves its socket file behind; nobody answers there.
Result<void> remove_left_over(const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(address.sun_path, &status) != 0) return {};
    const std::string path = address.sun_path;
    if (!S_ISSOCK(status.st_mode))
        return Error{Errc::conflict, path + " is not a socket; remove it or choose another path"};
    const FileDescriptor probe(::socket(AF_UNIX, socket_kind, 0));
    if (!probe) return os_error("open a socket");
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(probe.get(), generic, sizeof address) == 0 || errno != ECONNREFUSED)
        return Error{Errc::conflict, "another process listens on " + path};
    if (::unlink(path.c_str()) != 0) return os_error("remove the left-over socket " + path);
    return {};
}

Result<FileDescriptor> bind_to_path(std::string_view path,
                                    const ListeningSocket::Options& options) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{Errc::malformed,
                     "the path " + std::string(path) + " is too long for a Unix socket"};
    std::memcpy(address.sun_path, path.data(), path.size());
    if (auto removed = remove_left_over(address); !removed) return removed.error();
    FileDescriptor socket(::socket(AF_UNIX, socket_kind, 0));
    if (!socket) return os_error("open a socket");
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    // Nobody can connect before listen(), so the mode is right from the first connection on.
    if (::bind(socket.get(), generic, sizeof address) != 0 ||
        ::chmod(address.sun_path, options.unix_mode) != 0 ||
        ::listen(socket.get(), options.backlog) != 0)
        return listen_error(path);
    return socket;
}

}  // namespace

Result<ListeningSocket> ListeningSocket::open(std::string_view address, Options options) {
    const auto opened = [&]() -> Result<FileDescriptor> {
        if (address.starts_with('/')) return bind_to_path(address, options);
        const auto target = HostPort::parse(address);
        if (!target) return target.error();
        if (target->host.empty())
            return bind_to_every_address(target->port, address, options.backlog);
        if (const auto literal = Endpoint::literal(target->host, target->port))
            return bind_to(*literal, address, options.backlog);
        return bind_to_name(*target, address, options.backlog);
    };
    auto socket = opened();
    if (!socket) return socket.error();
    return ListeningSocket(std::move(*socket));
}

Result<ListeningSocket> ListeningSocket::adopt(FileDescriptor socket) {
    int listening = 0;
    socklen_t size = sizeof listening;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 ||
        listening == 0)
        return Error{Errc::malformed,
                     "a passed file descriptor is not a listening socket; check "
                     "ListenStream= of the socket unit"};
    ::fcntl(socket.get(), F_SETFL, ::fcntl(socket.get(), F_GETFL) | O_NONBLOCK);
    ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
    return ListeningSocket(std::move(socket));
}

std::string ListeningSocket::local_address() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return "?";
    if (address.ss_family == AF_UNIX) return reinterpret_cast<const sockaddr_un&>(address).sun_path;
    return Endpoint(reinterpret_cast<const sockaddr&>(address)).to_string();
}

std::uint16_t ListeningSocket::port() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        address.ss_family == AF_UNIX)
        return 0;
    return Endpoint(reinterpret_cast<const sockaddr&>(address)).port();
}

Result<ListeningSocket> ListeningSocket::duplicate() const {
    FileDescriptor copy(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) return os_error("duplicate the socket of " + local_address());
    return ListeningSocket(std::move(copy));
}

}  // namespace sallyport::net
