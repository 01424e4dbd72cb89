#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::mappings {

/// What is spoken with an internal system. Where it is not HTTP the agent forwards a stream of
/// bytes, or answers HTTP requests out of files (sftp); the name then says which port goes without
/// saying, and whether TLS comes first.
enum class Protocol { http, https, tcp, tcps, ldap, ldaps, smtp, imap, pop3, sftp, rfc };

struct ProtocolFacts {
    Protocol protocol = Protocol::http;
    std::string_view name;           // the scheme of an internal URL
    std::uint16_t default_port = 0;  // 0: must be said
    bool tls = false;                // the agent speaks TLS with the internal system
    bool stream = false;             // no requests: bytes both ways
    bool directory = false;          // a stream whose operations (LDAP) are looked at
    bool files = false;              // HTTP requests are answered out of files
};

const ProtocolFacts& facts_of(Protocol protocol);
/// By its name.
std::optional<Protocol> find_protocol(std::string_view name);
/// "http://, https://, ... or pop3://", for messages.
std::string protocol_schemes();

}  // namespace sallyport::mappings
