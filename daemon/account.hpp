#pragma once

#include <string>
#include <sys/types.h>

namespace sallyport::daemon {

/// The name of a user of this machine; empty if it has none. Blocks: the system's user database may
/// be a directory in the network.
std::string account_of(uid_t user);

}  // namespace sallyport::daemon
