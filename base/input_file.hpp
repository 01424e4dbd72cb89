// Files that others write: an administrator, another program, or who would like to be one.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace sallyport {

/// One file of a configuration.
inline constexpr std::size_t config_file_bytes_max = 4 * 1024 * 1024;

/// The whole of a regular file. Never waits: a named pipe or a device in its place is refused, as
/// is a folder. Errors: the operating system's; Errc::malformed if it is no file; Errc::limit
/// above `bytes_max`. The detail names the file.
Result<std::string> read_input_file(const std::filesystem::path& path, std::size_t bytes_max);

/// The same of a file of the configuration, which says what is exposed. Errors: also Errc::denied
/// if everybody on this machine may change it, with the command that mends it.
Result<std::string> read_config_file(const std::filesystem::path& path, std::size_t bytes_max);

/// The same of a secret that the program made itself (else: base/secret_file.hpp). Errors: also
/// Errc::denied if anybody but its owner may use it, with the command that mends it.
Result<Secret> read_own_secret(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace sallyport
