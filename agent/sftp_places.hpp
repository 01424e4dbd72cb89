#pragma once

#include "agent/sftp_call.hpp"

#include <optional>
#include <string>

namespace sallyport::agent {

enum class LastLink { follow, keep };

/// Where a path of a request leads at the file server.
struct SftpPlace {
    std::string path;                            // without a link on the way to it
    std::optional<ssh::SftpAttributes> facts{};  // nothing: there is nothing of that name
    std::string name{};                          // the path below the exposed folder: "/in/a"

    ssh::FileKind kind() const { return facts ? facts->kind() : ssh::FileKind::unknown; }
    /// Of a file that is there.
    std::optional<FileVersion> version() const;
};

/// Looks at each folder on the way: a symbolic link is followed if it leads to where `rule` allows
/// the same, and refused if not. (Between this look and what follows it somebody at the server may
/// change a folder into a link; docs/SFTP.md says what helps.)
/// Errors: FileFault::outside, no_parent; ssh::SftpFault; what ends a client.
net::Task<Result<SftpPlace>> find_place(SftpCall& call, const FilePath& path,
                                        const mappings::Rule& rule, LastLink last);

}  // namespace sallyport::agent
