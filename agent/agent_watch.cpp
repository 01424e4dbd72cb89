// What the running agent tells the service manager.
#include "agent/agent.hpp"
#include "daemon/service_manager.hpp"

namespace sallyport::agent {

void Agent::start_watchdog() {
    std::vector<daemon::WatchedLoop> loops;
    for (std::size_t i = 0; i < workers_.size(); ++i)
        loops.push_back({"worker " + std::to_string(i),
                         [worker = workers_[i].get()](std::function<void(daemon::Pulse)> tell) {
                             worker->ask_pulse(std::move(tell));
                         }});
    watchdog_ = std::make_unique<daemon::Watchdog>(daemon::Watchdog::Wiring{
        .loop = loop_,
        .loops = std::move(loops),
        .status =
            [this](std::size_t links) {
                std::string text =
                    site_->last_good ? "RUNNING WITH THE LAST GOOD CONFIGURATION; " : "";
                if (links == 0) return text + "no link to a hub is up";
                return text + std::to_string(links) +
                       (links == 1 ? " link is up" : " links are up");
            },
        .time = daemon::watchdog_time()});
    watching_.spawn("watchdog", watchdog_->run());
}

}  // namespace sallyport::agent
