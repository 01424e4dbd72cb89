#include "daemon/last_offer.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/blocking_pool.hpp"
#include "net/within.hpp"

namespace sallyport::daemon {
namespace {

constexpr std::chrono::milliseconds look_again{20};

void tell_not_asked(std::string_view why) {
    log::warn("witness.not_asked",
              {{"why", why},
               {"what",
                "the newest records are not countersigned; they will be when the program runs "
                "again"}});
}

}  // namespace

net::Task<void> offer_before_stop(net::Loop& loop, net::BlockingPool& pool, audit::Log& log,
                                  std::function<bool(std::uint64_t size)> press,
                                  std::chrono::milliseconds wait) {
    const auto deadline = net::deadline_in(wait);
    if (!log.healthy() || !press(audit::not_recorded)) co_return;  // nobody to wait for
    std::function<Result<audit::Sealed>()> seal = [&log] { return log.seal(audit::not_recorded); };
    auto sealing = net::run_on_pool<audit::Sealed>(pool, loop, std::move(seal));
    const auto sealed = co_await net::within(deadline, std::move(sealing));
    if (!sealed) {
        // Of a log that fails the journal says more.
        if (sealed.error().code == Errc::timed_out) tell_not_asked("the log is not sealed in time");
        co_return;
    }
    while (press(sealed->size)) {
        if (net::Loop::now() >= deadline) {
            tell_not_asked("the witnesses do not answer in time");
            co_return;
        }
        co_await net::sleep_for(look_again);
    }
}

}  // namespace sallyport::daemon
