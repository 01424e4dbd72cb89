// What the running hub tells the service manager.
#include "daemon/service_manager.hpp"
#include "hub/hub.hpp"

namespace sallyport::hub {

std::string Hub::ready_text() const {
    return std::string(last_good_ ? "RUNNING WITH THE LAST GOOD CONFIGURATION; " : "") + "tls " +
           tls_port_->local_address() + ", proxy " + proxy_address_ +
           (socks5_address_.empty() ? "" : ", socks5 " + socks5_address_) +
           (saprouter_address_.empty() ? "" : ", saprouter " + saprouter_address_);
}

void Hub::start_watchdog() {
    std::vector<daemon::WatchedLoop> loops;
    for (std::size_t i = 0; i < workers_.size(); ++i)
        loops.push_back({"worker " + std::to_string(i),
                         [worker = workers_[i].get()](std::function<void(daemon::Pulse)> tell) {
                             worker->ask_pulse(std::move(tell));
                         }});
    watchdog_ = std::make_unique<daemon::Watchdog>(
        daemon::Watchdog::Wiring{.loop = loop_,
                                 .loops = std::move(loops),
                                 .status =
                                     [this](std::size_t links) {
                                         return ready_text() + "; " + std::to_string(links) +
                                                (links == 1 ? " link" : " links");
                                     },
                                 .time = daemon::watchdog_time()});
    watching_.spawn("watchdog", watchdog_->run());
}

}  // namespace sallyport::hub
