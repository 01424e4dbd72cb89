#pragma once

#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"
#include "ssh/host.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::agent {

/// The SSH servers of one worker loop. Whoever leads to the same server as the same user, with the
/// same key and the same known hosts, shares its sessions; a server that nobody leads to any more
/// is forgotten.
class SshHosts {
public:
    SshHosts(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool);

    std::shared_ptr<ssh::Host> find(ssh::Session::Options options,
                                    std::size_t channels_per_session = ssh::Session::channels_max,
                                    std::shared_ptr<ssh::Host> through = nullptr);
    /// Connecting ends. Nothing may be asked for after it.
    net::Task<void> stop();

    std::vector<ssh::Host::Status> status() const;

private:
    net::Loop& loop_;
    net::IdleSweep& sweep_;
    net::BlockingPool& pool_;
    net::TaskGroup tasks_;
    std::map<std::string, std::weak_ptr<ssh::Host>> hosts_;  // by the way there
};

}  // namespace sallyport::agent
