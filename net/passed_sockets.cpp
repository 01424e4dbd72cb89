// The protocol of sd_listen_fds(3): sockets from descriptor 3 on, told of in the environment.
#include "base/bytes.hpp"
#include "net/listener.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

constexpr int first_passed = 3;           // SD_LISTEN_FDS_START
constexpr std::uint64_t passed_max = 64;  // more is a mistake of whoever started us

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // before threads start
    return value != nullptr ? value : "";
}

}  // namespace

std::vector<PassedSocket> take_passed_sockets() {
    const auto process = parse_decimal(environment("LISTEN_PID"));
    const auto count = parse_decimal(environment("LISTEN_FDS"));
    const auto names = environment("LISTEN_FDNAMES");
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
    std::vector<PassedSocket> passed;
    if (!process || !count || *process != static_cast<std::uint64_t>(::getpid()) ||
        *count > passed_max)
        return passed;
    std::string_view rest = names;
    for (int i = 0; i < static_cast<int>(*count); ++i) {
        const auto colon = rest.find(':');
        FileDescriptor socket(first_passed + i);
        ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
        passed.push_back({std::string(rest.substr(0, colon)), std::move(socket)});
        rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
    }
    return passed;
}

}  // namespace sallyport::net
