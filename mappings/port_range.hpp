#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::mappings {

/// Ports in a row. A mapping with many opens many doors at once, so there is a limit.
struct PortRange {
    static constexpr std::uint16_t ports_max = 1000;

    std::uint16_t first = 0;
    std::uint16_t count = 1;

    /// "5430" or "5430-5439"
    std::string text() const;
    bool operator==(const PortRange&) const = default;
};

/// 1 to 65535 in decimal; nothing for anything else.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// Nothing for what is no range, runs backwards or has more than ports_max ports.
std::optional<PortRange> parse_port_range(std::string_view text);

}  // namespace sallyport::mappings
