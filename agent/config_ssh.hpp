#pragma once

#include "base/config_reader.hpp"
#include "ssh/credentials.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// [[ssh]]: with which key the agent logs on at an SSH server, and how it knows the server.
struct SshConfig {
    std::string host{};      // of which server; empty: of each that has no table of its own
    std::uint16_t port = 0;  // with it
    ssh::Credentials::Files files{};

    bool operator==(const SshConfig&) const = default;
};

std::vector<SshConfig> read_ssh(ConfigTable& document);

/// The one for that server, or null.
const SshConfig* find_ssh(const std::vector<SshConfig>& all, std::string_view host,
                          std::uint16_t port);

}  // namespace sallyport::agent
