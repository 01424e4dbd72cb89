#include "hub/actor.hpp"

#include "daemon/account.hpp"

#include <cstdlib>
#include <unistd.h>

namespace sallyport::hub {

Actor Actor::of_process() {
    const auto user = ::getuid();
    Actor actor{.who = "uid:" + std::to_string(user), .account = daemon::account_of(user)};
    const char* before = user == 0 ? std::getenv("SUDO_USER") : nullptr;
    if (before != nullptr) actor.sudo_account = before;
    return actor;
}

}  // namespace sallyport::hub
