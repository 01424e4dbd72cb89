#include "agent/config_ssh.hpp"

#include "base/bytes.hpp"
#include "mappings/jump_host.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

SshConfig read_one(ConfigTable table) {
    SshConfig ssh;
    if (const auto host = table.text("host"); !host.empty()) {
        const auto server = mappings::parse_jump_host("ssh://any@" + host);
        if (server) {
            ssh.host = server->host;
            ssh.port = server->port;
        } else {
            table.problem("host", "must be host[:port], e.g. \"jump.corp:22\"");
        }
    }
    ssh.files.key = table.secret_path("key_file");
    ssh.files.known_hosts = table.path("known_hosts_file");
    ssh.files.passphrase = table.secret_path("passphrase_file");
    for (const auto* key : {"key_file", "known_hosts_file"})
        if (!table.has(key)) table.problem(key, "is needed");
    table.done();
    return ssh;
}

bool is_for(const SshConfig& ssh, std::string_view host, std::uint16_t port) {
    return equal_ignoring_case(ssh.host, host) && ssh.port == port;
}

}  // namespace

std::vector<SshConfig> read_ssh(ConfigTable& document) {
    std::vector<SshConfig> all;
    for (auto& table : document.tables("ssh")) {
        auto one = read_one(table);
        const bool is_twin = std::ranges::any_of(
            all, [&](const auto& other) { return is_for(other, one.host, one.port); });
        if (is_twin) table.problem("host", "stands twice: one [[ssh]] for each server");
        all.push_back(std::move(one));
    }
    return all;
}

const SshConfig* find_ssh(const std::vector<SshConfig>& all, std::string_view host,
                          std::uint16_t port) {
    for (const auto& ssh : all)
        if (is_for(ssh, host, port)) return &ssh;
    for (const auto& ssh : all)
        if (ssh.host.empty()) return &ssh;
    return nullptr;
}

}  // namespace sallyport::agent
