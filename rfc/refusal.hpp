#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::rfc {

/// Why something did not pass (docs/RFC.md#refused).
enum class Refusal : std::uint8_t {
    none,
    // Well formed, but not allowed.
    function_denied,  // no rule lets this function through
    tunnel_denied,    // it would execute other functions, and no rule names it exactly
    client_denied,    // the mapping does not allow this SAP client
    user_blocked,
    rule_expired,  // a rule let it through until it expired
    host_denied,   // INITIALIZE names another system than the mapping's
    // Messages that cannot be judged.
    ambiguous,      // two readers could come to different names
    not_canonical,  // a name that is not written as ABAP names are
    unparsable,
    too_large,
    unknown_item,  // only where the policy refuses items that nobody has described
    // Conversations.
    state,             // not at this point, or not of this conversation
    setup,             // another kind of connection than a client's to an ABAP system
    version,           // of gateway or APPC records
    unknown_function,  // of APPC
    snc,               // what is encrypted cannot be judged
    callback,          // the back end calls a function of the client
    back_end,          // the back end's answer cannot be read
};

/// "function_denied", for records and logs.
std::string_view to_text(Refusal refusal);

}  // namespace sallyport::rfc
