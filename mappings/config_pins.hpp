#pragma once

#include "base/config_reader.hpp"
#include "mappings/internal_host.hpp"
#include "mappings/pin.hpp"

#include <span>
#include <vector>

namespace sallyport::mappings {

/// Keys that back ends may have.
struct Pins {
    std::vector<Pin> all{};                   // of each host; empty: any
    std::vector<std::vector<Pin>> by_host{};  // instead, if not empty: as many as there are hosts
};

/// pin = "sha256:…", a list of them, or a table of both by host. Problems go to the table's list.
Pins read_pins(ConfigTable& table, std::span<const InternalHost> hosts);

}  // namespace sallyport::mappings
