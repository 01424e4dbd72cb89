#pragma once

#include "base/config_reader.hpp"
#include "daemon/https_url.hpp"
#include "daemon/proxy_way.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace sallyport::daemon {

/// [[audit.witness]]: somebody else who countersigns our audit log (C2SP tlog-witness).
struct WitnessSettings {
    std::string name;                      // in status and log; part of the name of a file
    HttpsUrl url;                          // of add-checkpoint
    std::string key;                       // vkey, valid, of the kind that makes cosignatures
    std::filesystem::path ca_file;         // who signs the certificate of its server
    ProxyWay proxy;                        // to it
    std::chrono::milliseconds interval{};  // between two checkpoints, at least

    bool operator==(const WitnessSettings&) const = default;
};

inline constexpr std::size_t configured_witnesses_max = 8;
inline constexpr std::chrono::seconds witness_interval_default{10};

/// Reads the witnesses of the table [audit], whose log is sealed every `checkpoint_interval`.
std::vector<WitnessSettings> read_witnesses(ConfigTable& audit,
                                            std::chrono::milliseconds checkpoint_interval);

}  // namespace sallyport::daemon
