#pragma once

#include "forward/settings.hpp"
#include "forward/syslog.hpp"
#include "forward/target.hpp"
#include "net/deadline.hpp"
#include "net/tls_duplex.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::forward {

/// Syslog over TLS. Its receivers confirm nothing, so what was sent lately counts as delivered only
/// when the connection has lived on for a while.
class SyslogTarget final : public Target {
public:
    static constexpr std::chrono::seconds connect_time{10};
    /// The receiver takes nothing, or its machine confirms nothing (TCP).
    static constexpr std::chrono::seconds stall_time{20};
    /// Longer than `stall_time`: what is not confirmed by then has ended the connection.
    static constexpr std::chrono::seconds settle{30};
    static constexpr std::chrono::seconds finish_time{2};

    SyslogTarget(Surroundings around, const Settings& settings, std::string_view program);

    net::Task<Result<void>> connect() override;
    void add(const audit::Record& record, std::string_view line) override;
    net::Task<Result<void>> flush() override;
    std::optional<Error> fault() override;
    std::chrono::milliseconds settle_time() const override { return settle; }
    net::Task<bool> finish() override;
    void close() override;

private:
    enum class End { none, orderly, broken };
    End heard_end();
    Result<bool> write_some();
    net::Task<Result<void>> wait(net::Deadline deadline);
    Error lost(std::string_view what) const;

    Surroundings around_;
    Settings settings_;
    SyslogSender sender_;
    std::unique_ptr<net::TlsDuplex> wire_;
    End end_ = End::none;
    std::string pending_;
    std::size_t sent_ = 0;  // of it
};

/// Reads the files that a connection needs. Errors say what is wrong with which.
Result<std::shared_ptr<const net::TlsContext>> syslog_trust(const Settings& settings);

}  // namespace sallyport::forward
