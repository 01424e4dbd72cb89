// How monitors that were made for SAP's connector are told of accounts (/api/monitoring/*):
// docs/MONITORING.md#sap. Pure. What a program does not know is left out, not invented.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::daemon::sap {

using Moment = std::chrono::system_clock::time_point;

/// What every answer says of itself.
inline constexpr int version = 1;

/// Whose links these are: one account at one hub.
struct Account {
    std::string name;         // what people call it; at the agent of the [[hub]]
    std::string region_host;  // where the hub is
    std::string subaccount;   // the tenant's id
    std::string location;
};

/// "Disconnected" is what somebody asked for; that it does not come about is a failure.
enum class TunnelState { connected, connect_failure, disconnected };

/// Since 1970 (UTC).
std::int64_t to_milliseconds(Moment moment);
/// How SAP names an account, in front of what is told of it.
boost::json::object head_of(const Account& account);
/// {"subaccounts", "version"}
boost::json::object whole(boost::json::array subaccounts);
/// {"state", "connections", "connectedSinceTimeStamp"}; the last one while it is connected.
boost::json::object tunnel(TunnelState state, std::uint64_t links, std::optional<Moment> since);

}  // namespace sallyport::daemon::sap
