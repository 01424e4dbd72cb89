#pragma once

#include "agent/config.hpp"
#include "backup/writer.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace sallyport::agent {

/// What was put into a backup.
struct BackupReport {
    backup::Writer::Summary written{};
    std::string origin{};                      // of the audit log; empty: there is none
    std::uint64_t records = 0;                 // of it, all signed
    std::vector<std::string> configuration{};  // files below the configuration's folder
    std::vector<std::string> state{};          // files of the state directory, without the log
    std::vector<std::string> left_out{};       // files that the configuration names elsewhere
};

/// Configuration, principal CA, audit log up to its newest checkpoint and disclosures into an
/// encrypted file, also while the agent runs; never a key of the identity (docs/BACKUP.md).
/// Errors: those of backup::Writer and audit::cut_log(); Errc::malformed if a file's name cannot
/// stand in an archive.
Result<BackupReport> make_backup(const Config& config, backup::Writer::Settings settings,
                                 const Secret& passphrase);

}  // namespace sallyport::agent
