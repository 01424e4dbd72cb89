#pragma once

#include "base/file.hpp"
#include "forward/settings.hpp"
#include "forward/target.hpp"
#include "net/poller.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace sallyport::forward {

/// systemd-journald. It confirms nothing, but the kernel keeps what it took until journald reads
/// it, also while journald is started again. So what was taken of a batch that failed midway is
/// left out when the batch comes again: else it would stand in the journal twice.
class JournalTarget final : public Target, private net::Watcher {
public:
    /// journald takes nothing.
    static constexpr std::chrono::seconds stall_time{20};

    JournalTarget(Surroundings around, const Settings& settings, std::string_view program)
        : around_(around), settings_(settings), program_(program) {}
    ~JournalTarget() override { close(); }
    JournalTarget(const JournalTarget&) = delete;
    JournalTarget& operator=(const JournalTarget&) = delete;

    net::Task<Result<void>> connect() override;
    void add(const audit::Record& record, std::string_view line) override;
    net::Task<Result<void>> flush() override;
    void close() override;

private:
    Result<void> open();
    Result<bool> send_some();
    void on_events(std::uint32_t /*events*/) override { around_.event.set(); }

    Surroundings around_;
    Settings settings_;
    std::string program_;
    FileDescriptor socket_;
    std::deque<std::string> pending_;   // of one batch
    std::deque<std::string> taken_;     // of the same one
    std::deque<std::string> repeated_;  // taken before it failed: the next ones to come
};

}  // namespace sallyport::forward
