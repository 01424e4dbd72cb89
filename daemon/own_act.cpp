#include "daemon/own_act.hpp"

#include "daemon/account.hpp"

#include <unistd.h>

namespace sallyport::daemon {

Result<StrictRecord> record_own_act(audit::Log& log, std::string_view act, std::string_view object,
                                    std::string_view after) {
    const auto user = ::getuid();
    const auto who = "uid:" + std::to_string(user);
    const auto account = account_of(user);
    return make_strict(log, log.append(audit::AdminAction{.act = act,
                                                          .who = who,
                                                          .account = account,
                                                          .object = object,
                                                          .after = after,
                                                          .outcome = "done"}));
}

}  // namespace sallyport::daemon
