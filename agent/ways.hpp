#pragma once

#include "agent/connector.hpp"
#include "agent/site.hpp"
#include "agent/ssh_hosts.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sallyport::agent {

/// As whom, and with what keys, the agent logs on at an SSH server.
ssh::Session::Options ssh_login(const Site& site, const std::string& user, const std::string& host,
                                std::uint16_t port);

/// How the internal systems of mappings are reached from one worker loop: straight, or through a
/// jump host.
class Ways {
public:
    /// Makes what connects with one internal port.
    using Way = std::function<std::unique_ptr<Connector>(std::uint16_t port)>;

    Ways(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool);

    /// To one of the mapping's hosts.
    Way to(const Site& site, const mappings::Mapping& mapping, std::size_t host = 0);
    /// The server of an sftp:// mapping itself; the mapping must be one.
    std::shared_ptr<ssh::Host> file_server(const Site& site, const mappings::Mapping& mapping);
    /// Whether both lead through the same SSH servers, with the same keys.
    static bool same_ssh(const Site& a, const mappings::Mapping& x, const Site& b,
                         const mappings::Mapping& y);

    SshHosts& ssh_hosts() { return ssh_hosts_; }

private:
    std::shared_ptr<ssh::Host> jump_host(const Site& site, const mappings::Mapping& mapping);

    net::Loop& loop_;
    net::BlockingPool& pool_;
    SshHosts ssh_hosts_;
};

}  // namespace sallyport::agent
