#pragma once

#include "base/bytes.hpp"
#include "ldap/ber.hpp"
#include "ldap/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

/// The head of an LDAPMessage (RFC 4511 section 4.1.1): as much of it as says who asks for what.
/// Values, filters and passwords lie behind, and are not looked at.
namespace sallyport::ldap {

/// One message. Large ones are never held: an entry with a photo streams.
inline constexpr std::size_t message_bytes_max = 256 * 1024 * 1024;
/// Name in a bind request.
inline constexpr std::size_t bind_dn_bytes_max = 4 * 1024;
/// RFC 4422 section 3.1 allows 20.
inline constexpr std::size_t mechanism_bytes_max = 64;
inline constexpr std::size_t oid_bytes_max = 128;
/// What must have been seen of a message at most before it is clear what it is: a bind with the
/// longest name.
inline constexpr std::size_t head_bytes_max =
    bind_dn_bytes_max + mechanism_bytes_max + 12 * element_head_bytes_max;

inline constexpr std::string_view start_tls_oid = "1.3.6.1.4.1.1466.20037";
inline constexpr std::string_view disconnection_oid = "1.3.6.1.4.1.1466.20036";

/// How a bind proves who asks (RFC 4511 section 4.2, RFC 4513 section 5.1).
enum class Authentication : std::uint8_t {
    none,       // not a bind
    anonymous,  // simple without a password, whatever the name
    simple,
    sasl,
    other,  // what no standard describes, e.g. NTLM as Active Directory takes it
};
std::string_view to_text(Authentication authentication);

/// What both kinds of heads begin with.
struct Envelope {
    BerReader::State state = BerReader::State::needs_more;
    std::size_t wanted = 0;        // needs_more: bytes that must have been seen
    const char* reason = "";       // unreadable: why; a literal
    std::size_t message_end = 0;   // of the whole message, from its first byte
    std::size_t protocol_end = 0;  // of the request or response; controls may follow
    std::uint32_t id = 0;
    std::uint8_t tag = 0;  // of the request or response
};

struct Request {
    Envelope envelope{};
    Operation operation = Operation::unknown;
    std::string_view dn{};         // of a bind; a view of what was seen
    std::string_view mechanism{};  // of a SASL bind
    std::string_view oid{};        // of an extended request
    Authentication authentication = Authentication::none;
};
/// `seen`: what a client has sent and nobody has taken, from the start of a message.
Request read_request(BytesView seen);

struct Response {
    Envelope envelope{};
    bool is_bind_response = false;
    std::uint32_t result_code = 0;  // of a bind response
};
Response read_response(BytesView seen);

/// What stands behind the request in its message: controls, up to its end, or nothing.
/// `seen` begins there, `bytes` are left of the message.
Envelope read_controls_head(BytesView seen, std::size_t bytes);

}  // namespace sallyport::ldap
