#pragma once

#include <string_view>

/// Fields that only hub and agent may set, and only towards each other
/// (docs/PROTOCOL.md#reserved-fields).
namespace sallyport::tunnel::reserved {

inline constexpr std::string_view prefix = "sallyport-";

inline constexpr std::string_view exchange_id = "sallyport-exchange-id";
inline constexpr std::string_view tenant = "sallyport-tenant";
inline constexpr std::string_view client = "sallyport-client";
inline constexpr std::string_view user_token = "sallyport-user-token";
inline constexpr std::string_view technical_token = "sallyport-technical-token";

inline constexpr std::string_view reason = "sallyport-reason";  // reason phrase of the response
inline constexpr std::string_view upgraded =
    "sallyport-upgraded";  // the back end changed protocols

/// `:protocol` of the control stream.
inline constexpr std::string_view control_protocol = "sallyport-control";
/// Of a service channel that the agent has asked for; `:path` is "/" and its nonce.
inline constexpr std::string_view channel_protocol = "sallyport-channel";

}  // namespace sallyport::tunnel::reserved
