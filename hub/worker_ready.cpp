// Whether an agent can be reached: asked over each of its links now and then.
#include "base/dice.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/attachment.hpp"
#include "hub/synthetic_exchange.hpp"
#include "tunnel/ready.hpp"

namespace sallyport::hub {
namespace {

/// So that many agents that came together are not asked together: 75 % to 125 %.
std::chrono::milliseconds jittered(std::chrono::milliseconds interval) {
    constexpr double least = 0.75;
    constexpr double most = 1.25;
    const auto factor = least + (most - least) * throw_dice();
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(static_cast<double>(interval.count()) * factor));
}

}  // namespace

/// Until the link ends, or is cancelled with it.
net::Task<void> Worker::make_synthetic_exchanges(Attachment& attachment) {
    while (!attachment.over && !attachment.end.link().ended()) {
        if (attachment.member && attachment.end.accepts_requests()) {
            SyntheticExchange exchange(loop_, sweep_);
            const auto took = co_await exchange.run(attachment.end, tunnel::ready_patience);
            if (took && attachment.member) {
                shared_.registry.note_ready(*attachment.member, {net::Loop::now(), *took});
                attachment.control.send(tunnel::Ready{*took});
            }
            if (!took)
                log::debug("agent.no_answer",
                           {{"agent", attachment.name.text()}, {"error", to_text(took.error())}});
        }
        co_await net::sleep_for(jittered(config_->ready_interval));
    }
}

}  // namespace sallyport::hub
