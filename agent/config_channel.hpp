#pragma once

#include "base/config_reader.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::agent {

/// [[channel]]: a local port that leads to a service which is registered at a hub.
struct ChannelConfig {
    std::string name;
    std::string listen;  // host:port
    std::string hub;     // the name of a [[hub]]
    std::uint32_t connections = 100;
    std::chrono::milliseconds idle_timeout{7'200'000};

    bool operator==(const ChannelConfig&) const = default;
};

inline constexpr std::size_t channels_max = 32;

/// `hubs`: the names of those that are configured. What is wrong is a problem of the document.
std::vector<ChannelConfig> read_channels(ConfigTable& document,
                                         const std::vector<std::string>& hubs);

}  // namespace sallyport::agent
