#pragma once

#include "net/deadline.hpp"
#include "net/endpoint.hpp"
#include "net/socket_duplex.hpp"
#include "net/task.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace sallyport::net {

class BlockingPool;

struct ConnectOptions {
    /// RFC 8305 section 5: how long one address has before the next is tried beside it.
    std::chrono::milliseconds stagger{250};
    /// TCP_USER_TIMEOUT: how long sent bytes may stay unacknowledged. 0: the system's default.
    std::chrono::milliseconds user_timeout{0};
};

/// Connects to the first of `endpoints` that answers (RFC 8305, "Happy Eyeballs"); at most
/// `connect_addresses_max` are tried. The result is not attached.
/// Errors: Errc::timed_out, Errc::unavailable; the detail says what each address answered.
inline constexpr std::size_t connect_addresses_max = 16;
Task<Result<std::unique_ptr<SocketDuplex>>> connect_tcp(Loop& loop, std::vector<Endpoint> endpoints,
                                                        ConnectOptions options, Deadline deadline);

/// Resolves, then connects.
Task<Result<std::unique_ptr<SocketDuplex>>> dial(BlockingPool& pool, Loop& loop, std::string host,
                                                 std::uint16_t port, ConnectOptions options,
                                                 Deadline deadline);

/// Blocking only as long as the kernel needs for a local connection; for command-line tools and
/// tests. Errors: the operating system's.
Result<std::unique_ptr<SocketDuplex>> connect_unix(const std::filesystem::path& path);

}  // namespace sallyport::net
