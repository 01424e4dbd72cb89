#include "agent/config_channel.hpp"

#include "net/endpoint.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t channel_name_max = 64;
constexpr std::int64_t connections_max = 1'000;

bool is_channel_name(std::string_view text) {
    return !text.empty() && text.size() <= channel_name_max &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '.' || c == '_';
           });
}

/// A name like "127.example.com" is no address of this machine.
bool is_loopback(const net::HostPort& address) {
    return address.host == "localhost" || address.host == "::1" ||
           (address.host.starts_with("127.") && net::Endpoint::literal(address.host, 0));
}

void read_listen(ConfigTable& table, ChannelConfig& channel) {
    channel.listen = table.text("listen");
    const bool allow_remote = table.boolean("allow_remote", false);
    const auto address = net::HostPort::parse(channel.listen);
    if (!address) return table.problem("listen", "must be host:port");
    if (!is_loopback(*address) && !allow_remote)
        table.problem("listen",
                      "is open to the network, and asks nobody who they are: use a loopback "
                      "address, or say allow_remote = true if everybody there may use the service");
}

ChannelConfig read_channel(ConfigTable table, const std::vector<std::string>& hubs) {
    ChannelConfig channel;
    channel.name = table.text("name");
    if (!is_channel_name(channel.name))
        table.problem("name", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
    read_listen(table, channel);
    channel.hub = table.text("hub", hubs.size() == 1 ? hubs.front() : "");
    if (std::ranges::find(hubs, channel.hub) == hubs.end())
        table.problem("hub", channel.hub.empty() ? "is needed, since there are several [[hub]]"
                                                 : "names no [[hub]]: " + channel.hub);
    channel.connections = static_cast<std::uint32_t>(
        table.integer("connections", channel.connections, 1, connections_max));
    channel.idle_timeout = table.duration("idle_timeout", channel.idle_timeout, 1s, 24h);
    table.done();
    return channel;
}

}  // namespace

std::vector<ChannelConfig> read_channels(ConfigTable& document,
                                         const std::vector<std::string>& hubs) {
    std::vector<ChannelConfig> channels;
    for (auto& table : document.tables("channel")) {
        auto channel = read_channel(table, hubs);
        const bool twice = std::ranges::any_of(channels, [&](const auto& other) {
            return other.name == channel.name && other.hub == channel.hub;
        });
        if (twice) table.problem("name", "stands twice: " + channel.name);
        if (channels.size() == channels_max)
            table.problem("", "is one too many: there may be " + std::to_string(channels_max));
        channels.push_back(std::move(channel));
    }
    return channels;
}

}  // namespace sallyport::agent
