#pragma once

#include "audit/takers.hpp"
#include "daemon/witness_config.hpp"
#include "forward/settings.hpp"

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace sallyport::daemon {

/// Who is configured to get the records of the audit log, and how far each has come. Every member
/// may be called from any thread.
class AuditTakers {
public:
    /// `cursors`: where the forwarders keep how far they have come.
    explicit AuditTakers(std::filesystem::path cursors) : cursors_(std::move(cursors)) {}

    /// These from now on. The hubs are those that countersign this log.
    void use(std::vector<forward::Settings> forwarders,
             const std::vector<WitnessSettings>& witnesses, std::vector<std::string> hubs = {});
    /// Reads the cursors. A journal holds nothing: it drops what it likes itself. Nor does a
    /// forwarder that has no cursor yet and begins at the end of the log.
    audit::Takers ask() const;

private:
    const std::filesystem::path cursors_;
    mutable std::mutex mutex_;
    std::vector<forward::Settings> forwarders_;
    std::vector<std::string> witnesses_;
};

}  // namespace sallyport::daemon
