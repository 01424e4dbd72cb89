#pragma once

#include "audit/log.hpp"
#include "base/config_reader.hpp"
#include "certs/key.hpp"
#include "daemon/witness_config.hpp"
#include "forward/settings.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// What the [audit] table says in both programs (docs/CONFIGURATION.md).
struct AuditConfig {
    audit::Level level = audit::Level::all;
    audit::Durability durability = audit::Durability::process;
    audit::OnFailure on_failure = audit::OnFailure::block;
    certs::KeyKind key_kind = certs::KeyKind::ed25519;  // restart

    audit::Retention retention{};
    std::string off_reason{};
    std::uint64_t segment_bytes = audit::segment_bytes_default;
    std::chrono::milliseconds checkpoint_interval{1000};
    std::chrono::milliseconds heartbeat_interval{60'000};
    std::vector<WitnessSettings> witnesses{};     // [[audit.witness]]
    std::vector<forward::Settings> forwarders{};  // [[audit.forward]]

    bool operator==(const AuditConfig&) const = default;
};

/// Reads them. Leaves done() to the caller, who may have keys of its own there. `retention_bytes`:
/// where the file says nothing; 0 = no limit. A larger `segment_bytes` makes it larger.
AuditConfig read_audit(ConfigTable& table, std::uint64_t retention_bytes = 0);

/// Where a program whose state is in `state_folder` has its log.
std::filesystem::path audit_folder(const std::filesystem::path& state_folder);

/// How to open the log. `digest`: SHA-256 of the effective configuration, hexadecimal.
audit::Settings audit_settings(const AuditConfig& config, const std::filesystem::path& folder,
                               const std::string& digest, std::string_view program);

/// What a reload puts in force.
audit::Policy audit_policy(const AuditConfig& config, const std::string& digest);

}  // namespace sallyport::daemon
