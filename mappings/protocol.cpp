#include "mappings/protocol.hpp"

#include <algorithm>
#include <array>

namespace sallyport::mappings {
namespace {

// In the order of the enumeration.
constexpr std::array all{
    ProtocolFacts{.protocol = Protocol::http, .name = "http", .default_port = 80},
    ProtocolFacts{.protocol = Protocol::https, .name = "https", .default_port = 443, .tls = true},
    ProtocolFacts{.protocol = Protocol::tcp, .name = "tcp", .stream = true},
    ProtocolFacts{.protocol = Protocol::tcps, .name = "tcps", .tls = true, .stream = true},
    ProtocolFacts{.protocol = Protocol::ldap,
                  .name = "ldap",
                  .default_port = 389,
                  .stream = true,
                  .directory = true},
    ProtocolFacts{.protocol = Protocol::ldaps,
                  .name = "ldaps",
                  .default_port = 636,
                  .tls = true,
                  .stream = true,
                  .directory = true},
    ProtocolFacts{.protocol = Protocol::smtp, .name = "smtp", .default_port = 25, .stream = true},
    ProtocolFacts{.protocol = Protocol::imap, .name = "imap", .default_port = 143, .stream = true},
    ProtocolFacts{.protocol = Protocol::pop3, .name = "pop3", .default_port = 110, .stream = true},
    ProtocolFacts{.protocol = Protocol::sftp, .name = "sftp", .default_port = 22, .files = true},
    ProtocolFacts{.protocol = Protocol::rfc, .name = "rfc", .stream = true},
};

}  // namespace

const ProtocolFacts& facts_of(Protocol protocol) { return all[static_cast<std::size_t>(protocol)]; }

std::optional<Protocol> find_protocol(std::string_view name) {
    const auto* const found = std::ranges::find(all, name, &ProtocolFacts::name);
    if (found == all.end()) return std::nullopt;
    return found->protocol;
}

std::string protocol_schemes() {
    std::string text;
    for (const auto& facts : all) {
        if (!text.empty()) text += &facts == &all.back() ? " or " : ", ";
        text += std::string(facts.name) + "://";
    }
    return text;
}

}  // namespace sallyport::mappings
