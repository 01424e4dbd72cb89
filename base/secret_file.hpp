#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <filesystem>
#include <string_view>
#include <sys/types.h>

namespace sallyport {

/// Where a secret is that the configuration names: an absolute path, or "credential:NAME", what
/// LoadCredential=NAME:... of systemd puts into `credentials`. Errors: Errc::malformed.
Result<std::filesystem::path> secret_path(std::string_view text,
                                          const std::filesystem::path& credentials);

/// $CREDENTIALS_DIRECTORY. Without it, as on a command line, that of the service of this program's
/// name, where systemd keeps it while the service runs.
std::filesystem::path credentials_folder();

/// Of a file, as stat(2) tells.
struct FileRights {
    mode_t mode = 0;
    uid_t owner = 0;
    gid_t group = 0;
};
/// Who wants to use it.
struct FileUser {
    uid_t user = 0;
    gid_t group = 0;
};

/// Whether only who may know a secret can read and change it: its owner (the user, or root) and, to
/// read, the user's own group or root's. For root, who reads everything, only "everybody" and a
/// group that may write count. Errors: Errc::denied; the detail ends with the command that mends
/// it.
Result<void> judge_secret_file(const std::filesystem::path& file, FileRights rights, FileUser user);

/// The content of a file that holds a secret, judged as it was opened.
/// Errors: Errc::denied, those of read_file().
Result<Secret> read_secret_file(const std::filesystem::path& file, std::size_t bytes_max);

/// Likewise, for one that somebody else reads. A file that is not there is his to complain about.
Result<void> check_secret_file(const std::filesystem::path& file);

}  // namespace sallyport
