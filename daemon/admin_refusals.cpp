#include "daemon/admin_refusals.hpp"

#include <array>
#include <utility>

namespace sallyport::daemon {

void AdminRefusals::login(const audit::AdminLogin& event, TimePoint now) {
    ++logins_;
    if (login_budget_.take(now)) make_safe(log_.append(event));
}

void AdminRefusals::act(const audit::AdminAction& event, TimePoint now) {
    if (act_budget_.take(now)) make_safe(log_.append(event));
}

void AdminRefusals::tell_left_out() {
    if (!log_.healthy()) return;  // it would take nothing, and the counts would be gone
    const std::array counts{std::pair("admin.login", login_budget_.take_left_out()),
                            std::pair("admin.action", act_budget_.take_left_out())};
    for (const auto& [refused, count] : counts)
        if (count > 0)
            make_safe(log_.append(audit::RefusalsLeftOut{.refused = refused, .count = count}));
}

/// Nobody waits: a log that fails says so itself.
void AdminRefusals::make_safe(audit::Sequence sequence) {
    if (sequence != audit::not_recorded) log_.sync(sequence, [](bool) {});
}

}  // namespace sallyport::daemon
