// What the claims of a token must say, apart from who signed them.
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <optional>

namespace sallyport::certs {

struct Expectations;

struct TokenTimes {
    std::chrono::sys_seconds expires_at;
    std::optional<std::chrono::sys_seconds> issued_at;
};

/// RFC 7519 section 4.1. `exp` and `iss` are required, `aud` too unless any is welcome. Times are
/// integers of seconds: 1.5 or 1e9 are malformed, because readers differ in what they make of them.
Result<TokenTimes> check_claims(const boost::json::object& claims, const Expectations& expected);

}  // namespace sallyport::certs
