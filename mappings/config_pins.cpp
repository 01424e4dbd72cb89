#include "mappings/config_pins.hpp"

#include "base/bytes.hpp"

#include <algorithm>

namespace sallyport::mappings {
namespace {

/// One, or a list of them for the time of a change.
std::vector<Pin> pins_at(ConfigTable& table, std::string_view key) {
    const auto texts = table.is_list(key) ? table.texts(key) : std::vector{table.text(key)};
    if (texts.empty()) table.problem(key, "must name a key; leave it out to believe any");
    std::vector<Pin> pins;
    for (const auto& text : texts) {
        const auto pin = parse_pin(text);
        if (pin)
            pins.push_back(*pin);
        else
            table.problem(key, pin.error().detail);
    }
    return pins;
}

}  // namespace

Pins read_pins(ConfigTable& table, std::span<const InternalHost> hosts) {
    Pins pins;
    if (!table.has("pin")) return pins;
    if (table.is_list("pin") || table.is_text("pin")) {
        pins.all = pins_at(table, "pin");
        return pins;
    }
    auto by_name = table.table("pin");
    pins.by_host.resize(hosts.size());
    for (const auto& name : by_name.keys()) {
        const auto keys = pins_at(by_name, name);
        bool known = false;
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            if (!equal_ignoring_case(hosts[i].host, name)) continue;
            pins.by_host[i] = keys;
            known = true;
        }
        if (!known) by_name.problem(name, "is no host of internal");
    }
    // One that is left out would be believed with any key, and look as if it were not.
    for (std::size_t i = 0; i < hosts.size(); ++i)
        if (pins.by_host[i].empty()) table.problem("pin", "has no key for " + hosts[i].host);
    by_name.done();
    return pins;
}

}  // namespace sallyport::mappings
