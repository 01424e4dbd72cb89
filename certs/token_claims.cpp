#include "certs/token_claims.hpp"

#include "certs/token.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace sallyport::certs {
namespace {

using boost::json::object;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::int64_t time_max = 253402300799;  // the end of the year 9999

Error malformed_claim(std::string_view claim) {
    return {TokenFault::malformed, "token: claim " + std::string(claim) + " has a wrong form"};
}

Result<std::optional<sys_seconds>> read_time(const object& claims, std::string_view name) {
    const auto* value = claims.if_contains(name);
    if (value == nullptr) return std::optional<sys_seconds>();
    if (!value->is_int64() || value->get_int64() < 0 || value->get_int64() > time_max)
        return malformed_claim(name);
    return std::optional(sys_seconds(seconds(value->get_int64())));
}

/// "61 s", "17 min", "3 h"
std::string seconds_in_words(seconds time) {
    using namespace std::chrono;
    if (time < 2min) return std::to_string(time.count()) + " s";
    if (time < 2h) return std::to_string(floor<minutes>(time).count()) + " min";
    return std::to_string(floor<hours>(time).count()) + " h";
}

Error from_the_future(seconds by) {
    return {TokenFault::not_yet_valid,
            "token: not yet valid: this clock or its issuer's is off by " + seconds_in_words(by)};
}

Result<TokenTimes> check_times(const object& claims, const Expectations& expected) {
    const auto expires = read_time(claims, "exp");
    if (!expires) return expires.error();
    const auto begins = read_time(claims, "nbf");
    if (!begins) return begins.error();
    const auto issued = read_time(claims, "iat");
    if (!issued) return issued.error();
    if (!*expires) return Error{TokenFault::malformed, "token: it never expires (no exp)"};
    // In whole seconds: the nanoseconds of a system clock cannot count to the year 9999.
    const auto now = std::chrono::floor<seconds>(expected.now);
    if (now - expected.leeway - expected.expiration_tolerance >= **expires)
        return Error{TokenFault::expired,
                     "token: expired " + seconds_in_words(now - **expires) + " ago; get a new one"};
    for (const auto& earliest : {*begins, *issued})
        if (earliest && now + expected.leeway < *earliest) return from_the_future(*earliest - now);
    return TokenTimes{**expires, *issued};
}

Result<void> check_issuer(const object& claims, const Expectations& expected) {
    const auto* issuer = claims.if_contains("iss");
    if (issuer != nullptr && !issuer->is_string()) return malformed_claim("iss");
    if (issuer != nullptr &&
        std::ranges::find(expected.issuers, std::string_view(issuer->get_string())) !=
            expected.issuers.end())
        return {};
    return Error{TokenFault::issuer, "token: its issuer is not one we believe"};
}

Result<void> check_audience(const object& claims, const Expectations& expected) {
    const auto is_ours = [&](std::string_view audience) {
        return std::ranges::find(expected.audiences, audience) != expected.audiences.end();
    };
    const auto* audience = claims.if_contains("aud");
    bool found = expected.any_audience;
    if (audience != nullptr && audience->is_string()) {
        found = found || is_ours(audience->get_string());
    } else if (audience != nullptr && audience->is_array()) {
        for (const auto& element : audience->get_array()) {
            if (!element.is_string()) return malformed_claim("aud");
            found = found || is_ours(element.get_string());
        }
    } else if (audience != nullptr) {
        return malformed_claim("aud");
    }
    if (found) return {};
    return Error{TokenFault::audience, "token: made for another audience"};
}

}  // namespace

Result<TokenTimes> check_claims(const object& claims, const Expectations& expected) {
    auto times = check_times(claims, expected);
    if (!times) return times.error();
    if (auto issuer = check_issuer(claims, expected); !issuer) return issuer.error();
    if (auto audience = check_audience(claims, expected); !audience) return audience.error();
    return times;
}

}  // namespace sallyport::certs
