#pragma once

#include "base/result.hpp"
#include "http/refusal.hpp"

#include <chrono>
#include <string_view>
#include <type_traits>

namespace sallyport::agent {

/// Why a mapping takes an exchange just now not, though nothing forbids it.
enum class Overload {
    circuit_open = 1,  // its internal hosts have failed so often that they are left alone
    rate_limited,      // limits.requests_per_second
};

const boost::system::error_category& overload_category();
inline boost::system::error_code make_error_code(Overload why) {
    return {static_cast<int>(why), overload_category()};
}

/// What the caller is told: 503 or 429, with when to come again (rounded up to seconds).
http::Refusal refusal_of(Overload why, std::string_view virtual_host,
                         std::chrono::nanoseconds wait);

}  // namespace sallyport::agent

template <>
struct boost::system::is_error_code_enum<sallyport::agent::Overload> : std::true_type {};
