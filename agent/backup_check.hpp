#pragma once

#include "agent/restore_staging.hpp"
#include "audit/verify_generations.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace sallyport::agent {

struct BackupCheck {
    BackupAbout about;
    std::uint64_t files = 0;
    std::uint64_t content_bytes = 0;
    std::optional<audit::WholeReport> log{};  // nullopt: there is none in it
};

/// Reads all of a backup: every piece, every digest, and the audit log in it, which lies in a
/// folder of its own below `work` meanwhile. Errors: those of backup::Reader; Errc::denied if it
/// holds what no backup of an agent has.
Result<BackupCheck> check_backup(const std::filesystem::path& file, const Secret& passphrase,
                                 const std::filesystem::path& work);

}  // namespace sallyport::agent
