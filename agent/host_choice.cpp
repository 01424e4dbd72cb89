#include "agent/host_choice.hpp"

#include <algorithm>

namespace sallyport::agent {

std::optional<std::size_t> choose_host(std::span<const HostView> hosts) {
    const auto first = [&](bool needs_health) -> std::optional<std::size_t> {
        const auto found = std::ranges::find_if(hosts, [&](const HostView& host) {
            return !host.tried && host.admission != CircuitBreaker::Admission::refused &&
                   (host.healthy || !needs_health);
        });
        if (found == hosts.end()) return std::nullopt;
        return static_cast<std::size_t>(found - hosts.begin());
    };
    const auto healthy = first(true);
    return healthy ? healthy : first(false);
}

}  // namespace sallyport::agent
