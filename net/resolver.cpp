#include "net/resolver.hpp"

#include "net/within.hpp"

#include <memory>
#include <netdb.h>

namespace sallyport::net {
namespace {

using Found = Result<std::vector<Endpoint>>;

Found ask_system(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (failure == EAI_NONAME || failure == EAI_ADDRFAMILY || failure == EAI_NODATA) {
        // A machine with loopback only has no "configured" family; ask again without that filter.
        hints.ai_flags = 0;
        failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    }
    if (failure != 0)
        return Error{Errc::unavailable,
                     "the name " + host + " cannot be resolved: " + ::gai_strerror(failure)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
    std::vector<Endpoint> endpoints;
    for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
        if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
        sockaddr_storage address{};
        std::memcpy(&address, entry->ai_addr, entry->ai_addrlen);
        if (entry->ai_family == AF_INET6)  // keeps the scope of a link-local address
            reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
        else
            reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
        endpoints.emplace_back(reinterpret_cast<const sockaddr&>(address));
    }
    if (endpoints.empty())
        return Error{Errc::unavailable, "the name " + host + " has no IP address"};
    return endpoints;
}

}  // namespace

Task<Found> resolve(BlockingPool& pool, Loop& loop, std::string host, std::uint16_t port,
                    Deadline deadline) {
    if (const auto literal = Endpoint::literal(host, port))
        co_return std::vector<Endpoint>{*literal};
    std::function<Found()> job = [host, port] { return ask_system(host, port); };
    auto found = co_await within(deadline, run_on_pool(pool, loop, std::move(job)));
    if (!found && found.error().code == Errc::timed_out)
        co_return Error{Errc::timed_out,
                        "resolving " + host + "; check this machine's DNS servers"};
    co_return found;
}

}  // namespace sallyport::net
