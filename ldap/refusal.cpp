#include "ldap/refusal.hpp"

#include "ldap/ber.hpp"
#include "ldap/message.hpp"

#include <cassert>

namespace sallyport::ldap {
namespace {

constexpr std::uint8_t response_name = 0x8a;  // RFC 4511 section 4.12

/// LDAPResult and, where given, the name of an extended response.
void append_message(Bytes& out, std::uint32_t id, std::uint8_t response, ResultCode code,
                    std::string_view diagnostic, std::string_view name) {
    Bytes result;
    append_number(result, tag::enumerated, static_cast<std::uint8_t>(code));
    append_element(result, tag::octets, {});  // matchedDN
    append_element(result, tag::octets, as_bytes(diagnostic.substr(0, diagnostic_bytes_max)));
    if (!name.empty()) append_element(result, response_name, as_bytes(name));
    Bytes message;
    append_number(message, tag::integer, id);
    append_element(message, response, result);
    append_element(out, tag::sequence, message);
}

}  // namespace

std::string_view to_text(Refusal refusal) {
    switch (refusal) {
        case Refusal::none:
            return "";
        case Refusal::operation_denied:
            return "operation_denied";
        case Refusal::start_tls:
            return "start_tls";
        case Refusal::security_layer:
            return "security_layer";
        case Refusal::unparsable:
            return "unparsable";
        case Refusal::unknown_operation:
            return "unknown_operation";
        case Refusal::after_unbind:
            return "after_unbind";
        case Refusal::too_many_refused:
            return "too_many_refused";
        case Refusal::back_end:
            return "back_end";
    }
    return "";
}

void append_response(Bytes& out, std::uint32_t id, Operation operation, ResultCode code,
                     std::string_view diagnostic) {
    assert(response_tag_of(operation) != 0);
    append_message(out, id, response_tag_of(operation), code, diagnostic, {});
}

void append_disconnection(Bytes& out, ResultCode code, std::string_view diagnostic) {
    append_message(out, 0, response_tag_of(Operation::extended), code, diagnostic,
                   disconnection_oid);
}

}  // namespace sallyport::ldap
