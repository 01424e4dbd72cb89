#pragma once

#include "forward/forwarders.hpp"

#include <boost/json/array.hpp>

#include <string>

namespace sallyport::daemon {

/// What `status` says of the targets of the audit log.
boost::json::array forward_status(const forward::Forwarders& forwarders);

/// The same for people, a line each.
std::string describe_forward(const boost::json::array& status);

}  // namespace sallyport::daemon
