#include "agent/ssh_hosts.hpp"

namespace sallyport::agent {

SshHosts::SshHosts(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool)
    : loop_(loop), sweep_(sweep), pool_(pool), tasks_(loop) {}

std::shared_ptr<ssh::Host> SshHosts::find(ssh::Session::Options options,
                                          std::size_t channels_per_session,
                                          std::shared_ptr<ssh::Host> through) {
    std::erase_if(hosts_, [](const auto& entry) { return entry.second.expired(); });
    const auto key = options.user + "@" + options.host + ":" + std::to_string(options.port) + "/" +
                     std::to_string(channels_per_session) + "/" +
                     (through ? through->status().name : "");
    auto& known = hosts_[key];
    auto host = known.lock();
    if (host && host->options().credentials->same(*options.credentials) &&
        host->through() == through)
        return host;
    host = ssh::Host::make({loop_, sweep_, pool_, tasks_}, std::move(options), channels_per_session,
                           std::move(through));
    known = host;
    return host;
}

net::Task<void> SshHosts::stop() {
    tasks_.cancel();
    co_await tasks_.join();
}

std::vector<ssh::Host::Status> SshHosts::status() const {
    std::vector<ssh::Host::Status> all;
    for (const auto& [key, host] : hosts_)
        if (const auto alive = host.lock()) all.push_back(alive->status());
    return all;
}

}  // namespace sallyport::agent
