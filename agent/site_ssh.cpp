// What a Site knows about SSH servers.
#include "agent/site.hpp"
#include "base/error.hpp"

namespace sallyport::agent {
namespace {

Error no_key_for(const mappings::Mapping& mapping, const std::string& way) {
    return Error{Errc::malformed, "mapping " + mapping.virtual_text() + " leads " + way +
                                      ", but no [[ssh]] table in agent.toml says with which key to "
                                      "log on there"};
}

}  // namespace

Result<void> Site::read_ssh() {
    for (const auto& ssh : config.ssh) {
        auto loaded = ssh::Credentials::load(ssh.files);
        const auto where = "[[ssh]] " + (ssh.host.empty() ? "" : ssh.host + " ");
        if (!loaded) return Error{loaded.error().code, where + loaded.error().detail};
        ssh_credentials.push_back(std::move(*loaded));
    }
    for (const auto& mapping : config.mappings) {
        const auto& internal = mapping.internal;
        if (mapping.via && ssh_of(mapping.via->host, mapping.via->port) == nullptr)
            return no_key_for(mapping, "via " + mapping.via->text());
        if (mapping.is_files() && ssh_of(internal.host, internal.ports.first) == nullptr)
            return no_key_for(mapping, "to " + internal.text());
    }
    return {};
}

ssh::CredentialsPtr Site::ssh_of(std::string_view host, std::uint16_t port) const {
    const auto* found = find_ssh(config.ssh, host, port);
    if (found == nullptr) return nullptr;
    return ssh_credentials[static_cast<std::size_t>(found - config.ssh.data())];
}

}  // namespace sallyport::agent
