#pragma once

#include "base/error.hpp"
#include "certs/token.hpp"
#include "hub/store_records.hpp"

namespace sallyport::hub {

/// The time of every test here that needs one.
inline constexpr TimePoint now{std::chrono::seconds(1'800'000'000)};
inline const AgentKey berlin{"t-acme", "berlin"};
inline constexpr const char* join_secret = "one-secret-of-43-characters-as-the-hub-make";

boost::system::error_code code_of(const auto& result) {
    return result ? boost::system::error_code{} : result.error().code;
}

/// What the hub signs its tokens with.
inline const certs::SigningKey& hub_key() {
    static const auto key = *certs::SigningKey::generate();
    return key;
}

}  // namespace sallyport::hub
