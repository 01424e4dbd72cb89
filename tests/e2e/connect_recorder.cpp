// Preloaded into a program: each place that it connects to with TCP over IPv4 becomes a line of the
// file CONNECTS_TO, "127.0.0.1:443". For e2e.net, which compares them with what `sallyport net`
// tells.
#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

void record(const sockaddr_in& address) {
    const char* file = std::getenv("CONNECTS_TO");
    if (file == nullptr) return;
    std::array<char, INET_ADDRSTRLEN> host{};
    std::array<char, INET_ADDRSTRLEN + 16> line{};
    inet_ntop(AF_INET, &address.sin_addr, host.data(), host.size());
    const int size =
        std::snprintf(line.data(), line.size(), "%s:%u\n", host.data(), ntohs(address.sin_port));
    const int out = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out < 0) return;
    // One write() of a line is whole.
    if (::write(out, line.data(), static_cast<std::size_t>(size)) < 0) std::abort();
    ::close(out);
}

}  // namespace

extern "C" int connect(int socket, const sockaddr* address, socklen_t size) {
    using Connect = int (*)(int, const sockaddr*, socklen_t);
    static const auto real = reinterpret_cast<Connect>(::dlsym(RTLD_NEXT, "connect"));
    int type = 0;
    socklen_t type_size = sizeof type;
    if (address != nullptr && address->sa_family == AF_INET && size >= sizeof(sockaddr_in) &&
        ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_STREAM)
        record(*reinterpret_cast<const sockaddr_in*>(address));
    return real(socket, address, size);
}
