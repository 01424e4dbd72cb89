#pragma once

#include "daemon/server_address.hpp"

namespace sallyport::agent {

using HubAddress = daemon::ServerAddress;

}  // namespace sallyport::agent
