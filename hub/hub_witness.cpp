// How the running hub finds agents that have stopped to offer their audit logs.
#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/hub.hpp"
#include "hub/witness.hpp"
#include "net/blocking_pool.hpp"

#include <chrono>
#include <functional>
#include <vector>

namespace sallyport::hub {

net::Task<void> Hub::watch_witnesses() {
    while (true) {
        co_await net::sleep_for(SilenceWatch::between_looks);
        std::vector<AgentKey> attached;
        for (const auto& agent : registry_.status())
            attached.push_back({agent.member.tenant, agent.member.agent});
        std::function<Result<void>()> look = [witness = witness_, attached = std::move(attached)] {
            const auto now = std::chrono::system_clock::now();
            return witness->look_for_silence(attached,
                                             std::chrono::floor<std::chrono::seconds>(now));
        };
        const auto looked = co_await net::run_on_pool<void>(pool_, loop_, std::move(look));
        if (!looked) log::error("witness.failed", {{"error", to_text(looked.error())}});
    }
}

}  // namespace sallyport::hub
