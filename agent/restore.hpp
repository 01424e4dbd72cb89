#pragma once

#include "agent/config.hpp"
#include "agent/enrolment.hpp"
#include "audit/generation.hpp"
#include "base/file.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace sallyport::agent {

struct RestoreOrder {
    enum class Configuration {
        from_backup,
        as_it_is  // what is there already stays, and says where the state goes
    };
    enum class Existing {
        refuse,
        put_aside  // never deleted
    };
    std::filesystem::path backup;
    std::filesystem::path config_file;
    Configuration configuration = Configuration::from_backup;
    Existing existing = Existing::refuse;
    /// Asked only if the agent is not enrolled yet: an interrupted restore goes on without it.
    std::function<Result<certs::JoinToken>()> token;
};

struct RestoreReport {
    std::string name;            // of the agent at the hub
    std::string serial;          // of its certificate
    audit::Generation before{};  // the log in the backup; without a name if there was none
    std::string origin;          // of the log that follows it
    std::string state_dir;
    std::vector<std::string> put_aside;  // where what was there is now
    bool log_good = true;                // the log in the backup is as it was signed
    bool resumed = false;                // an earlier restore was finished
};

/// Brings an agent back from a backup, on this machine or another one (docs/BACKUP.md#restore):
/// checks everything first, begins a new generation of the audit log, enrols with a new key, and
/// only then puts things in their places, the identity last. Whatever interrupts it, the agent does
/// not start from the half of it, and the same command goes on. Errors: Errc::conflict if an agent
/// runs there or its state is not empty; those of backup::Reader and enrol().
Result<RestoreReport> restore(const RestoreOrder& order, const Secret& passphrase);

}  // namespace sallyport::agent
