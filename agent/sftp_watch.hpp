#pragma once

#include "http/service.hpp"
#include "net/idle_sweep.hpp"
#include "ssh/sftp_client.hpp"

#include <chrono>

namespace sallyport::agent {

/// Watches one exchange with a file server: whether its caller is still there, and whether it moves
/// on. Until the answer begins it may stand still for response_timeout, then for stall_timeout.
class SftpWatch final : public ssh::SftpUser, private net::IdleSweep::Watched {
public:
    struct Times {
        std::chrono::milliseconds response_timeout{60'000};
        std::chrono::milliseconds stall_timeout{900'000};
    };

    SftpWatch(net::IdleSweep& sweep, http::Answer& down, Times times);
    ~SftpWatch() = default;
    SftpWatch(const SftpWatch&) = delete;
    SftpWatch& operator=(const SftpWatch&) = delete;

    /// The client whose bytes count as progress; null: none any more.
    void look_at(const ssh::SftpClient* client) {
        client_ = client;
        progress_ = client == nullptr ? 0 : client->progress();
    }

    net::Event& event() override { return down_.event(); }
    /// Errors: Errc::aborted, Errc::timed_out.
    Result<void> may_go_on() const override;
    const bool& expired() const { return expired_; }

private:
    void on_deadline() override;

    net::IdleSweep& sweep_;
    http::Answer& down_;
    const Times times_;
    const ssh::SftpClient* client_ = nullptr;
    std::uint64_t progress_ = 0;  // as of the last deadline
    bool stall_counted_ = false;  // the running deadline was set after the answer began
    bool expired_ = false;
};

}  // namespace sallyport::agent
