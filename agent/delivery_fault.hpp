#pragma once

#include "base/result.hpp"
#include "http/refusal.hpp"

#include <optional>
#include <string_view>
#include <type_traits>

namespace sallyport::agent {

/// Why a back end can be shown nobody for an exchange, by whose affair it is.
enum class DeliveryFault {
    nobody = 1,  // the caller's: the mapping is for users, and the request has none
    no_name,     // the site's policy: no rule makes a name of this user's claims
    own,         // the agent's: a key, a file or a section that it needs is not there
};

const boost::system::error_category& delivery_category();
inline boost::system::error_code make_error_code(DeliveryFault fault) {
    return {static_cast<int>(fault), delivery_category()};
}

std::optional<DeliveryFault> delivery_fault(const Error& error);

/// What the caller is told: 407, 403 or 500.
http::Refusal refusal_of(DeliveryFault fault, std::string_view virtual_host);

}  // namespace sallyport::agent

template <>
struct boost::system::is_error_code_enum<sallyport::agent::DeliveryFault> : std::true_type {};
