#include "daemon/audit_takers.hpp"

#include "forward/cursor.hpp"

#include <optional>

namespace sallyport::daemon {
namespace {

using forward::Kind;

/// The first record that it has not got, as far as it remembers; nullopt: it wants none of those
/// that are there.
std::optional<audit::Sequence> wants_from(const forward::Settings& settings,
                                          const std::filesystem::path& cursors) {
    const auto cursor = forward::load_cursor(cursors / (settings.name + ".cursor"));
    if (!cursor) return 0;  // it begins at the start again
    // What an upload of segments keeps is the record behind the last one; others keep that one.
    if (*cursor) return (*cursor)->sequence + (settings.kind == Kind::sftp ? 0 : 1);
    if (settings.begin == forward::Begin::start) return 0;
    return std::nullopt;
}

}  // namespace

void AuditTakers::use(std::vector<forward::Settings> forwarders,
                      const std::vector<WitnessSettings>& witnesses,
                      std::vector<std::string> hubs) {
    const std::lock_guard lock(mutex_);
    forwarders_ = std::move(forwarders);
    witnesses_ = std::move(hubs);
    for (const auto& witness : witnesses) witnesses_.push_back(witness.name);
}

audit::Takers AuditTakers::ask() const {
    const std::lock_guard lock(mutex_);
    audit::Takers takers{.witnesses = witnesses_};
    for (const auto& settings : forwarders_) {
        if (settings.kind == Kind::journald) continue;
        if (const auto from = wants_from(settings, cursors_))
            takers.targets.push_back({.name = "forward " + settings.name, .from = *from});
    }
    return takers;
}

}  // namespace sallyport::daemon
