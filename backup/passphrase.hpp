#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <filesystem>

namespace sallyport::backup {

inline constexpr std::size_t passphrase_bytes_min = 12;
inline constexpr std::size_t passphrase_bytes_max = 1024;

/// One line. Errors: those of read_secret_file(); Errc::malformed if it is no passphrase, or too
/// short to keep a principal CA behind it.
Result<Secret> read_passphrase(const std::filesystem::path& file);

}  // namespace sallyport::backup
