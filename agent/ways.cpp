#include "agent/ways.hpp"

#include "agent/direct_connector.hpp"
#include "agent/jump_connector.hpp"

namespace sallyport::agent {
namespace {

/// sshd's own limit is 10 (MaxSessions).
constexpr std::size_t subsystems_per_session = 8;

}  // namespace

ssh::Session::Options ssh_login(const Site& site, const std::string& user, const std::string& host,
                                std::uint16_t port) {
    ssh::Session::Options options;
    options.host = host;
    options.port = port;
    options.user = user;
    options.credentials = site.ssh_of(host, port);
    return options;
}

Ways::Ways(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool)
    : loop_(loop), pool_(pool), ssh_hosts_(loop, sweep, pool) {}

Ways::Way Ways::to(const Site& site, const mappings::Mapping& mapping, std::size_t index) {
    const auto tls = mapping.is_tls() ? site.trust_of(mapping, index) : nullptr;
    const auto& host = mapping.host(index).host;
    if (!mapping.via)
        return [this, tls, host](std::uint16_t port) {
            DirectConnector::Options options;
            options.targets.push_back({host, port});
            options.tls = tls;
            return std::make_unique<DirectConnector>(loop_, pool_, std::move(options));
        };
    return [this, tls, host, jump = jump_host(site, mapping)](std::uint16_t port) {
        return std::make_unique<JumpConnector>(loop_,
                                               JumpConnector::Options{jump, {host, port}, tls});
    };
}

std::shared_ptr<ssh::Host> Ways::jump_host(const Site& site, const mappings::Mapping& mapping) {
    const auto& via = *mapping.via;
    return ssh_hosts_.find(ssh_login(site, via.user, via.host, via.port));
}

std::shared_ptr<ssh::Host> Ways::file_server(const Site& site, const mappings::Mapping& mapping) {
    const auto& server = mapping.internal;
    return ssh_hosts_.find(ssh_login(site, server.user, server.host, server.ports.first),
                           subsystems_per_session,
                           mapping.via ? jump_host(site, mapping) : nullptr);
}

bool Ways::same_ssh(const Site& a, const mappings::Mapping& x, const Site& b,
                    const mappings::Mapping& y) {
    const auto same_keys = [&](const std::string& host, std::uint16_t port) {
        return a.ssh_of(host, port)->same(*b.ssh_of(host, port));
    };
    if (x.via != y.via || x.internal != y.internal || x.others != y.others) return false;
    return (!x.via || same_keys(x.via->host, x.via->port)) &&
           (!x.is_files() || same_keys(x.internal.host, x.internal.ports.first));
}

}  // namespace sallyport::agent
