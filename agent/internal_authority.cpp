#include "agent/internal_authority.hpp"

namespace sallyport::agent {

std::string internal_authority(const std::string& host, std::uint16_t port, bool tls) {
    const bool bare_address = host.find(':') != std::string::npos && !host.starts_with('[');
    auto text = bare_address ? '[' + host + ']' : host;
    const std::uint16_t default_port = tls ? 443 : 80;
    if (port != default_port) text += ':' + std::to_string(port);
    return text;
}

}  // namespace sallyport::agent
