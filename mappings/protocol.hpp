#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::mappings {

/// What is spoken with an internal system. Where it is not HTTP the agent forwards a stream of
/// bytes; the name then says which port goes without saying, and whether TLS comes first.
enum class Protocol { http, https, tcp, tcps, ldap, ldaps, smtp, imap, pop3 };

struct ProtocolFacts {
    Protocol protocol = Protocol::http;
    std::string_view name;           // the scheme of an internal URL
    std::uint16_t default_port = 0;  // 0: must be said
    bool tls = false;                // the agent speaks TLS with the internal system
    bool stream = false;             // no requests: bytes both ways
};

const ProtocolFacts& facts_of(Protocol protocol);
/// By its name.
std::optional<Protocol> find_protocol(std::string_view name);

}  // namespace sallyport::mappings
