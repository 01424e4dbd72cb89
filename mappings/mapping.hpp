#pragma once

#include "mappings/rule.hpp"
#include "mappings/virtual_host.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::mappings {

enum class Protocol { http, https };

/// Which Host the back end sees: the virtual one, or its own (then X-Forwarded-Host names the
/// virtual).
enum class HostHeader { virtual_host, internal_host };

/// Where the agent really connects to.
struct InternalHost {
    Protocol protocol = Protocol::http;
    std::string host;  // name or address, an IPv6 one without brackets
    std::uint16_t port = 0;

    /// "https://s4.corp.local:44300"
    std::string text() const;
    bool operator==(const InternalHost&) const = default;
};

struct Limits {
    std::uint32_t connections = 100;                     // to the back end, per worker
    std::chrono::milliseconds response_timeout{60'000};  // until the response head

    bool operator==(const Limits&) const = default;
};

/// Virtual host -> internal host, and what is allowed there.
struct Mapping {
    VirtualHost virtual_host;
    InternalHost internal;
    std::string hub{};  // name of the only hub that sees it; empty = every hub
    HostHeader host_header = HostHeader::virtual_host;
    Limits limits{};
    std::string description{};
    std::vector<Rule> rules{};

    bool operator==(const Mapping&) const = default;
};

}  // namespace sallyport::mappings
