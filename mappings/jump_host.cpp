#include "mappings/jump_host.hpp"

#include "base/error.hpp"
#include "mappings/internal_host.hpp"

namespace sallyport::mappings {

std::string JumpHost::text() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return "ssh://" + user + "@" + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<JumpHost> parse_jump_host(std::string_view url) {
    constexpr std::string_view scheme = "ssh://";
    const bool is_ssh = url.starts_with(scheme);
    if (is_ssh) url.remove_prefix(scheme.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    // The same server could be asked for files: the form is that of sftp:// with all its folders.
    const auto server = parse_internal_host("sftp://" + std::string(url) + "/");
    if (!is_ssh || !server || server->base != "/")
        return Error{Errc::malformed, "must be ssh://user@host[:port]"};
    return JumpHost{server->user, server->host, server->ports.first};
}

}  // namespace sallyport::mappings
