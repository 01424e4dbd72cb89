#pragma once

#include "net/task.hpp"
#include "ssh/sftp_client.hpp"
#include "ssh/upload_name.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport::ssh {

/// What is uploaded, until it gets its name. However the upload ends, it does not stay.
class SftpTemporary {
public:
    /// `folder`: at the server, with a slash at its end. Nothing is there before open(). `name`:
    /// one that nobody else has.
    SftpTemporary(SftpClient& client, const std::string& folder,
                  const std::string& name = make_upload_name());
    ~SftpTemporary();
    SftpTemporary(const SftpTemporary&) = delete;
    SftpTemporary& operator=(const SftpTemporary&) = delete;

    /// `mode`: its permissions from the beginning; nothing: as the server does it.
    net::Task<Result<void>> open(std::optional<std::uint32_t> mode = {});
    net::Task<Result<void>> close();
    /// It was renamed to what it is to be called, and stays.
    void has_its_name() { path_.clear(); }

    const std::string& handle() const { return handle_; }
    const std::string& path() const { return path_; }

private:
    SftpClient& client_;
    std::string path_;
    std::string handle_;
};

}  // namespace sallyport::ssh
