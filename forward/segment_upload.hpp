#pragma once

#include "base/result.hpp"
#include "net/deadline.hpp"
#include "net/event.hpp"
#include "net/idle_sweep.hpp"
#include "net/task.hpp"
#include "ssh/sftp_client.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace sallyport::forward {

/// On whose behalf files are put: gives up when the server stands still.
class UploadWatch final : public ssh::SftpUser, private net::IdleSweep::Watched {
public:
    static constexpr std::chrono::seconds stall_time{60};

    UploadWatch(net::IdleSweep& sweep, net::Event& event, const ssh::SftpClient& client);
    UploadWatch(const UploadWatch&) = delete;
    UploadWatch& operator=(const UploadWatch&) = delete;
    ~UploadWatch() = default;

    net::Event& event() override { return event_; }
    Result<void> may_go_on() const override;

private:
    void on_deadline() override;

    net::IdleSweep& sweep_;
    net::Event& event_;
    const ssh::SftpClient& client_;
    std::uint64_t progress_ = 0;
    bool expired_ = false;
};

/// Puts `file` to `folder` at the server under the name that it has here, in one step: what is
/// there under that name is whole, and has the permissions that it has here. Replaces what is
/// there. Errors: the operating system's; SftpFault; Errc::timed_out.
net::Task<Result<void>> upload_file(ssh::SftpClient& client, UploadWatch& watch,
                                    std::filesystem::path file, std::string folder);

/// Where segments of the log of this name stand: "folder/sallyport-0123…". Of a log without a name
/// in `folder` itself.
std::string folder_of_log(std::string_view folder, std::string_view origin);

/// If it is not there. Errors: SftpFault; Errc::cut.
net::Task<Result<void>> make_upload_folder(ssh::SftpClient& client, std::string folder);

}  // namespace sallyport::forward
