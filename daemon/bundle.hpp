#pragma once

#include "base/result.hpp"
#include "daemon/finding.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// One file of a bundle for support.
struct BundlePart {
    std::string name{};     // "status.json"
    std::string what{};     // for the list: "what the daemon said of itself"
    std::string content{};  // empty: there was nothing, and `what` says why
};

/// Of a part more than this is cut off, at its beginning: the end is newer.
inline constexpr std::size_t bundle_part_bytes_max = 4 * 1024 * 1024;

/// What a bundle tells first: what it holds, and that it is to be looked through. Pure.
std::string bundle_list(const std::vector<BundlePart>& parts, std::string_view program,
                        std::chrono::sys_seconds now);

/// Writes `parts` and their list as tar.gz, 0600. Userinfo and query of URLs are taken out of all
/// of it. Errors: the operating system's; Errc::conflict if the file is there.
Result<void> write_bundle(const std::filesystem::path& file, const std::vector<BundlePart>& parts,
                          std::string_view program, std::chrono::sys_seconds now);

/// "sallyport-bundle-20260301T120000Z.tar.gz"
std::string bundle_file_name(std::string_view program, std::chrono::sys_seconds now);

// What both programs put in.

/// Versions of the program, the libraries' and the system's.
BundlePart version_part(std::string_view program);
/// The newest lines of a unit in the journal, or of `file` if one is named.
BundlePart log_part(std::string_view unit, const std::filesystem::path& file);
/// What doctor found, for people and for programs; without what is wrong with the configuration,
/// since that may repeat parts of it.
std::vector<BundlePart> doctor_parts(std::vector<Finding> findings);
/// What the daemon says of itself, without the texts of config errors.
BundlePart status_part(const std::filesystem::path& socket, std::string what);
/// What the daemon answers to GET `target`, as it is.
BundlePart daemon_part(const std::filesystem::path& socket, std::string_view target,
                       std::string name, std::string what);
/// The newest `records` of an audit log, byte by byte as they were signed: personal values are in
/// other files, and come with `personal` only.
std::vector<BundlePart> audit_parts(const std::filesystem::path& folder, std::size_t records,
                                    bool personal);
/// The document, with what `is_listed` names only; see base/config_excerpt.hpp.
BundlePart config_part(const std::filesystem::path& file, bool (*is_listed)(std::string_view));

}  // namespace sallyport::daemon
