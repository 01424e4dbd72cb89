// The facts of the running agent in the words of SAP's monitoring API (/api/monitoring/*), so that
// monitors that were made for SAP's connector go on working: docs/MONITORING.md#sap. Pure: what the
// agent tells in its own words comes in. What it does not know is left out, not invented.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::agent::sap {

using Moment = std::chrono::system_clock::time_point;

/// What every answer says of itself.
inline constexpr int version = 1;

/// Whose links these are: one account at one hub.
struct Account {
    std::string name;         // of the [[hub]]
    std::string region_host;  // where it is
    std::string subaccount;   // the tenant's id
    std::string location;
};

/// Since 1970 (UTC).
std::int64_t to_milliseconds(Moment moment);
/// How SAP names an account, in front of what is told of it.
boost::json::object head_of(const Account& account);
/// {"subaccounts", "version"}
boost::json::object whole(boost::json::array subaccounts);
/// "erp.virtual" and "44300" of "erp.virtual:44300". Views.
std::pair<std::string_view, std::string_view> split(std::string_view address);

/// /api/monitoring/subaccounts. `status` as GET /v1/status, `certificates` as GET /v1/certificates.
boost::json::object subaccounts(std::span<const Account> accounts,
                                const boost::json::object& status,
                                const boost::json::object& certificates, Moment now);
/// /api/monitoring/connections/serviceChannels
boost::json::object channel_connections(std::span<const Account> accounts,
                                        const boost::json::object& status);

}  // namespace sallyport::agent::sap
