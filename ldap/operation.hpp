#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::ldap {

/// What a client can ask of a directory (RFC 4511 section 4.2 to 4.12).
enum class Operation : std::uint8_t {
    bind,
    unbind,
    search,
    modify,
    add,
    remove,  // "delete"
    modify_dn,
    compare,
    abandon,
    extended,
    unknown,  // no request of RFC 4511
};

/// As configuration and records name it: "search", "modifyDN", ...
std::string_view to_text(Operation operation);
/// By its name, as written there. Never `unknown`.
std::optional<Operation> find_operation(std::string_view name);

/// By the tag of a request; `unknown` for any other.
Operation operation_of(std::uint8_t tag);
/// The tag of the response that ends the operation; 0 where there is none.
std::uint8_t response_tag_of(Operation operation);

}  // namespace sallyport::ldap
