#include "ssh/sftp_temporary.hpp"

#include "ssh/sftp_fault.hpp"

#include <utility>

namespace sallyport::ssh {

SftpTemporary::SftpTemporary(SftpClient& client, const std::string& folder, const std::string& name)
    : client_(client), path_(folder + name) {}

SftpTemporary::~SftpTemporary() {
    if (!handle_.empty()) client_.close_later(handle_);
    if (!path_.empty()) client_.remove_later(path_);
}

net::Task<Result<void>> SftpTemporary::open(std::optional<std::uint32_t> mode) {
    constexpr auto flags = sftp_open_write | sftp_open_create | sftp_open_new;
    auto handle = co_await client_.open_file(path_, flags, mode);
    if (handle) {
        handle_ = std::move(*handle);
        co_return Result<void>();
    }
    // Where the server said no, there is nothing to remove; else it may still open it.
    if (handle.error().code.category() == sftp_category()) path_.clear();
    co_return handle.error();
}

net::Task<Result<void>> SftpTemporary::close() {
    const auto handle = std::exchange(handle_, {});
    co_return co_await client_.close(handle);
}

}  // namespace sallyport::ssh
