#include "daemon/audit_config.hpp"

#include "daemon/forward_config.hpp"

#include <algorithm>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t mebibyte = 1024 * 1024;
constexpr std::int64_t days_max = 36'500;
constexpr std::int64_t bytes_max = std::int64_t{1} << 50;
constexpr std::int64_t segment_bytes_configured_max = 4096 * mebibyte;

/// How long, in which pieces, and how often sealed.
void read_keeping(ConfigTable& table, AuditConfig& config, std::uint64_t retention_bytes) {
    auto& keep = config.retention;
    keep.days = static_cast<std::uint32_t>(table.integer("retention_days", keep.days, 0, days_max));
    keep.disclosure_days =
        static_cast<std::uint32_t>(table.integer("disclosure_days", 0, 0, days_max));
    keep.hold_days =
        static_cast<std::uint32_t>(table.integer("hold_days", keep.hold_days, 0, days_max));
    config.segment_bytes = static_cast<std::uint64_t>(
        table.integer("segment_bytes", static_cast<std::int64_t>(config.segment_bytes), mebibyte,
                      segment_bytes_configured_max));
    if (retention_bytes > 0) retention_bytes = std::max(retention_bytes, 2 * config.segment_bytes);
    keep.bytes = static_cast<std::uint64_t>(
        table.integer("retention_bytes", static_cast<std::int64_t>(retention_bytes), 0, bytes_max));
    if (keep.bytes > 0 && keep.bytes < 2 * config.segment_bytes)
        table.problem("retention_bytes",
                      "must be 0 (no limit) or at least twice segment_bytes: the open segment is "
                      "never deleted");
    config.checkpoint_interval =
        table.duration("checkpoint_interval", config.checkpoint_interval, 10ms, 1h);
    config.heartbeat_interval =
        table.duration("heartbeat_interval", config.heartbeat_interval, 1s, 24h);
    config.off_reason = table.text("off_reason");
    if (config.level == audit::Level::off && config.off_reason.empty())
        table.problem("level",
                      "\"off\" needs off_reason: say why nothing is recorded; that is recorded");
}

}  // namespace

AuditConfig read_audit(ConfigTable& table, std::uint64_t retention_bytes) {
    AuditConfig config;
    const auto level = table.choice("level", {"all", "security", "off"});
    config.level = level == "all"        ? audit::Level::all
                   : level == "security" ? audit::Level::security
                                         : audit::Level::off;
    config.durability = table.choice("durability", {"process", "power"}) == "power"
                            ? audit::Durability::power
                            : audit::Durability::process;
    config.on_failure = table.choice("on_failure", {"block", "degrade"}) == "degrade"
                            ? audit::OnFailure::degrade
                            : audit::OnFailure::block;
    config.key_kind = table.choice("key_kind", {"ed25519", "p256"}) == "p256"
                          ? certs::KeyKind::p256
                          : certs::KeyKind::ed25519;
    read_keeping(table, config, retention_bytes);
    config.witnesses = read_witnesses(table, config.checkpoint_interval);
    config.forwarders = read_forwarders(table);
    return config;
}

std::filesystem::path audit_folder(const std::filesystem::path& state_folder) {
    return state_folder / "audit";
}

audit::Settings audit_settings(const AuditConfig& config, const std::filesystem::path& folder,
                               const std::string& digest, std::string_view program) {
    audit::Settings settings;
    settings.folder = folder;
    settings.durability = config.durability;
    settings.on_failure = config.on_failure;
    settings.level = config.level;
    settings.key_kind = config.key_kind;
    settings.configuration = digest;
    settings.program = program;
    settings.retention = config.retention;
    settings.off_reason = config.off_reason;
    settings.segment_bytes_max = config.segment_bytes;
    settings.checkpoint_interval = config.checkpoint_interval;
    settings.heartbeat_interval = config.heartbeat_interval;
    return settings;
}

audit::Policy audit_policy(const AuditConfig& config, const std::string& digest) {
    return {config.durability, config.on_failure, config.level,        digest,
            config.retention,  config.off_reason, config.segment_bytes};
}

}  // namespace sallyport::daemon
