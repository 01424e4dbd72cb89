// A backup is unpacked beside the place where it is to be, and moved there when all is right.
#pragma once

#include "agent/config.hpp"
#include "agent/restore.hpp"
#include "audit/generation.hpp"
#include "backup/reader.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// Of the files of a configuration in a backup, all together: they are held in memory until it is
/// known where the state goes.
inline constexpr std::size_t restored_config_bytes_max = std::size_t{64} * 1024 * 1024;
inline constexpr std::size_t restored_config_files_max = 4'096;

/// What a backup says of itself, in its first file.
struct BackupAbout {
    std::string configuration{};  // name of the main file
    std::string host{};
    std::string agent{};
    std::string made{};       // RFC 3339
    audit::Generation log{};  // origin empty: there was none

    /// Errors: Errc::malformed; Errc::unsupported if it is of another program or format.
    static Result<BackupAbout> parse(std::string_view json);
    /// "made 2025-03-01T12:00:00Z on host1, agent berlin"
    std::string text() const;
};

struct Unpacked {
    BackupAbout about;
    Config config;
};

/// Checks the whole archive. `place` is told the configuration once it is known, and gives the
/// empty folder into which everything is unpacked, durably. Nothing comes to the disk whose name is
/// not is_restorable(). Errors: Errc::malformed, Errc::denied, those of the reader.
using StagingPlace = std::function<Result<std::filesystem::path>(const Config&)>;
Result<Unpacked> unpack(backup::ArchiveReader& archive, const RestoreOrder& order,
                        const StagingPlace& place);

/// The configuration that an unpacked one will be: as it is found in its folder, named as in its
/// place.
Result<Config> staged_config(const std::filesystem::path& staging, const RestoreOrder& order);

}  // namespace sallyport::agent
