// The links and channels of the running agent in the words of SAP's monitoring API
// (/api/monitoring/*), so that monitors that were made for SAP's connector go on working:
// docs/MONITORING.md#sap. Pure: what the agent tells in its own words comes in.
#pragma once

#include "daemon/sap_account.hpp"

#include <boost/json/object.hpp>

#include <span>
#include <string_view>
#include <utility>

namespace sallyport::agent::sap {

using daemon::sap::Account;
using daemon::sap::head_of;
using daemon::sap::Moment;
using daemon::sap::to_milliseconds;
using daemon::sap::whole;

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
