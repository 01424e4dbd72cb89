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

/// The inside of a Log. Records are composed under one lock, which is held for a moment only, and
/// written under another, which is held while the disk works. A third lets repair() and close()
/// wait for each other. The third may be held when the second is taken, and both when the first is.
class Log::Writer {
public:
    static Result<std::unique_ptr<Writer>> open(Settings settings, Environment environment);
    ~Writer() { close(); }

    template <class Event>
    Sequence append(const Event& event) {
        const std::lock_guard lock(compose_mutex_);
        if (accepts_locked()) return composer_->append(event, clock_->now());
        if (!closed_) miss_locked(event);
        return not_recorded;
    }
    Result<void> write();
    void sync(Sequence up_to, std::function<void(bool)> done);
    Result<void> reconfigure(Policy policy, std::string_view who);
    Result<Repair> repair();
    void close();

    bool healthy() const { return healthy_.load(std::memory_order_acquire); }
    Durability durability() const { return durability_.load(std::memory_order_relaxed); }
    OnFailure on_failure() const { return on_failure_.load(std::memory_order_relaxed); }
    Level level() const { return level_.load(std::memory_order_relaxed); }
    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
    std::uint64_t unrecorded() const { return unrecorded_.load(std::memory_order_relaxed); }
    std::uint64_t failures() const { return failures_.load(std::memory_order_acquire); }
    std::optional<Error> failure() const;

private:
    using Exchanges = std::vector<OpenExchanges::Exchange>;
    /// A configuration that came into force while the log had failed.
    struct Untold {
        std::string before;
        std::string who;
    };

    Writer(Settings settings, Environment environment, std::string boot);

    // How the log begins, and goes on after a failure; writer_start.cpp.
    Result<void> start();
    Result<Repair> go_on();
    Result<Repair> resume_locked(Recovered recovered);
    Exchanges install(Recovered recovered);
    void append_recovery();
    void append_opened(std::size_t lost);
    Result<void> write_lost(const Exchanges& lost);
    Result<void> announce(Repair& repair);
    Result<void> write_own_locked();
    bool make_durable();

    template <class Event>
    void miss_locked(const Event& event) {
        if (composer_->miss(event)) ++dropped_;
    }
    void miss_locked(const ExchangeBegin& event);
    void count_lost_locked(std::string_view records);
    void publish(const Policy& policy);
    void append_changed(const Untold& change);

    bool accepts_locked();
    Result<void> write_locked();
    Error stop_locked(Error failure, std::string_view lost_records);
    bool commit(Sequence up_to);
    Result<void> sync_files(const SegmentWriter::Unsynced& unsynced);

    const Settings settings_;
    Clock* const clock_;
    Disk* const disk_;
    const std::string boot_;

    std::mutex repair_mutex_;
    FileDescriptor lock_;     // the folder, locked for this writer; none if that was not possible
    bool begun_ = false;      // `log.opened` is written, and what came before it is closed
    std::vector<Torn> torn_;  // moved aside, not yet on record

    mutable std::mutex compose_mutex_;
    std::optional<Composer> composer_;  // always there
    std::string configuration_;
    std::optional<Untold> untold_;
    bool overflowed_ = false;
    std::optional<Error> failure_;  // changed under both locks, read under either

    std::mutex file_mutex_;
    std::optional<SegmentWriter> segments_;
    Batch batch_;           // kept for its memory
    Sequence written_ = 0;  // the next record that is not in a file

    std::atomic<Sequence> durable_ = 0;  // the next record that may not survive a loss of power
    std::atomic<bool> healthy_ = false;
    std::atomic<bool> closed_ = false;
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<std::uint64_t> unrecorded_ = 0;
    std::atomic<std::uint64_t> failures_ = 0;
    std::atomic<Durability> durability_;
    std::atomic<OnFailure> on_failure_;
    std::atomic<Level> level_;
    std::optional<Committer> committer_;  // last: its thread uses all of the above
};

}  // namespace sallyport::audit
