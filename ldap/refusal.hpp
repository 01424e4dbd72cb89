#pragma once

#include "base/bytes.hpp"
#include "ldap/operation.hpp"

#include <cstdint>
#include <string_view>

namespace sallyport::ldap {

/// Why something did not pass.
enum class Refusal : std::uint8_t {
    none,
    operation_denied,  // the mapping does not name it
    start_tls,         // nothing behind it could be judged
    security_layer,    // likewise: a SASL mechanism that can encrypt what follows
    // Connections.
    unparsable,         // a message that cannot be read, or that is none
    unknown_operation,  // well formed, but no request of RFC 4511
    after_unbind,       // bytes behind the end
    too_many_refused,   // at once, while the back end is in the middle of an answer
    back_end,           // its answer cannot be read
};

/// "operation_denied", for records and logs.
std::string_view to_text(Refusal refusal);

/// RFC 4511 section 4.1.9, as far as it is used here.
enum class ResultCode : std::uint8_t {
    protocol_error = 2,
    insufficient_access_rights = 50,
    unwilling_to_perform = 53,
};

/// The text of an answer; longer ones are cut.
inline constexpr std::size_t diagnostic_bytes_max = 512;

/// Appends the response that ends `operation`, which must have one.
void append_response(Bytes& out, std::uint32_t id, Operation operation, ResultCode code,
                     std::string_view diagnostic);
/// Appends a Notice of Disconnection (RFC 4511 section 4.4.1): what a client is told that cannot be
/// answered otherwise.
void append_disconnection(Bytes& out, ResultCode code, std::string_view diagnostic);

}  // namespace sallyport::ldap
