#include "mappings/port_range.hpp"

#include "base/bytes.hpp"

namespace sallyport::mappings {
namespace {

constexpr std::size_t port_digits = 5;

}  // namespace

std::optional<std::uint16_t> parse_port(std::string_view text) {
    if (text.empty() || text.size() > port_digits) return std::nullopt;
    const auto number = parse_decimal(text);
    if (!number || *number == 0 || *number > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(*number);
}

std::string PortRange::text() const {
    auto text = std::to_string(first);
    if (count > 1) text += '-' + std::to_string(first + count - 1);
    return text;
}

std::optional<PortRange> parse_port_range(std::string_view text) {
    const auto dash = text.find('-');
    const auto first = parse_port(text.substr(0, dash));
    if (!first || dash == std::string_view::npos)
        return first ? std::optional(PortRange{*first, 1}) : std::nullopt;
    const auto last = parse_port(text.substr(dash + 1));
    if (!last || *last < *first || *last - *first >= PortRange::ports_max) return std::nullopt;
    return PortRange{*first, static_cast<std::uint16_t>(*last - *first + 1)};
}

}  // namespace sallyport::mappings
