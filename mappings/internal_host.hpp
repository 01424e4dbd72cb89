#pragma once

#include "base/result.hpp"
#include "mappings/port_range.hpp"
#include "mappings/protocol.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::mappings {

/// Where the agent really connects to.
struct InternalHost {
    Protocol protocol = Protocol::http;
    std::string host;    // name or address, an IPv6 one without brackets
    PortRange ports{};   // more than one: streams only
    std::string user{};  // of files only: who logs on
    std::string base{};  // of files only: the folder that is exposed, "/" or "/data/exchange"

    /// "https://s4.corp.local:44300", "tcp://db.corp:5430-5439", "sftp://sync@files.corp:22/data"
    std::string text() const;
    /// With one of its ports.
    std::string text(std::uint16_t one_port) const;
    bool operator==(const InternalHost&) const = default;

private:
    std::string text_at(PortRange at) const;
};

/// Of a name or an IPv4 address: letters, digits, `.`, `-` and `_`.
bool is_host_char(char c);

/// "scheme://host[:port[-last port]][/]", or "sftp://user@host[:port]/folder"; the host may be an
/// IPv6 address in brackets.
/// Errors: Errc::malformed with what it must look like.
Result<InternalHost> parse_internal_host(std::string_view url);

}  // namespace sallyport::mappings
