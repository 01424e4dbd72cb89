#pragma once

#include "audit/committer.hpp"
#include "audit/composer.hpp"
#include "audit/log.hpp"
#include "audit/recovery.hpp"
#include "audit/segment_writer.hpp"
#include "base/file.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace sallyport::audit {

/// The inside of a Log. Two locks: records are composed under one, which is held for a moment only,
/// and written under the other, which is held while the disk works. Never the second inside the
/// first.
class Log::Writer {
public:
    static Result<std::unique_ptr<Writer>> open(Settings settings, Environment environment);
    ~Writer() { close(); }

    template <class Event>
    Sequence append(const Event& event) {
        const std::lock_guard lock(compose_mutex_);
        if (!accepts_locked()) return not_recorded;
        return composer_->append(event, clock_->now());
    }
    Result<void> write();
    void sync(Sequence up_to, std::function<void(bool)> done);
    Result<void> reconfigure(Policy policy, std::string_view who);
    Result<void> repair();
    void close();

    bool healthy() const { return healthy_.load(std::memory_order_acquire); }
    Durability durability() const { return durability_.load(std::memory_order_relaxed); }
    OnFailure on_failure() const { return on_failure_.load(std::memory_order_relaxed); }
    Level level() const { return level_.load(std::memory_order_relaxed); }
    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

private:
    Writer(Settings settings, Environment environment, FileDescriptor lock, std::string boot);

    Result<void> begin_log();
    void append_recovery(const std::vector<Torn>& all);
    void append_opened(std::size_t lost);
    Result<void> close_lost(const std::vector<OpenExchanges::Exchange>& lost);
    Result<void> go_on(Recovered recovered);
    void publish(const Policy& policy);

    bool accepts_locked();
    Result<void> write_locked();
    Error stop_locked(Error failure, std::uint64_t lost_records);
    bool commit(Sequence up_to);
    Result<void> sync_files(const SegmentWriter::Unsynced& unsynced);

    const Settings settings_;
    Clock* const clock_;
    Disk* const disk_;
    const std::string boot_;
    const FileDescriptor lock_;  // the folder, locked for this writer

    std::mutex compose_mutex_;
    std::optional<Composer> composer_;
    std::string configuration_;
    bool overflowed_ = false;

    std::mutex file_mutex_;
    std::optional<SegmentWriter> segments_;
    std::optional<Error> failure_;
    Batch batch_;           // kept for its memory
    Sequence written_ = 0;  // the next record that is not in a file

    std::atomic<Sequence> durable_ = 0;  // the next record that may not survive a loss of power
    std::atomic<bool> healthy_ = true;
    std::atomic<bool> closed_ = false;
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<Durability> durability_;
    std::atomic<OnFailure> on_failure_;
    std::atomic<Level> level_;
    std::optional<Committer> committer_;  // last: its thread uses all of the above
};

}  // namespace sallyport::audit
