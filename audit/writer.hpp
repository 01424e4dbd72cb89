#pragma once

#include "audit/checkpoint_file.hpp"
#include "audit/committer.hpp"
#include "audit/composer.hpp"
#include "audit/erasure_intent.hpp"
#include "audit/generation.hpp"
#include "audit/key_store.hpp"
#include "audit/log.hpp"
#include "audit/log_keys.hpp"
#include "audit/pace.hpp"
#include "audit/prune_intent.hpp"
#include "audit/recovery.hpp"
#include "audit/retention.hpp"
#include "audit/sealer.hpp"
#include "audit/segment_writer.hpp"
#include "audit/start_check.hpp"
#include "audit/upkeep.hpp"
#include "audit/watermark.hpp"
#include "audit/witnesses.hpp"
#include "base/file.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// The inside of a Log. Records are composed under one lock, which is held for a moment only, and
/// written under another, which is held while the disk works. A third lets repair(), close() and
/// change_key() wait for each other. The third may be held when the sealer is paused, both when the
/// second is taken, and all when the first is.
class Log::Writer {
public:
    static Result<std::unique_ptr<Writer>> open(Settings settings, Environment environment);
    ~Writer() { close(); }

    template <class Event>
    Sequence append(const Event& event) {
        const std::lock_guard lock(compose_mutex_);
        if (accepts_locked()) return append_locked(event);
        if (!closed_) miss_locked(event);
        return not_recorded;
    }
    Result<void> write();
    void sync(Sequence up_to, std::function<void(bool)> done);
    Result<void> reconfigure(Policy policy, const ConfigurationChange& change);
    Result<Repair> repair();
    void close();

    Result<Sealed> seal(Sequence up_to);
    void on_sealed(std::function<void(Haste)> told) { sealer_->on_sealed(std::move(told)); }
    Sealed sealed() const;
    Identity identity() const;
    std::string broken() const;
    Result<KeyChange> change_key(std::string_view who);
    Result<Erasure> erase(const ErasureOrder& order, std::string_view who);

    Storage storage() const;
    Retention retention() const;
    void look_after();
    Result<Pruned> retain(const RetentionOrder& order, std::string_view who);

    bool nearly_full() const { return nearly_full_.load(std::memory_order_relaxed); }
    // Of witnesses; writer_witness.cpp.
    std::optional<Unwitnessed> unwitnessed(std::string_view witness);
    Result<void> cosigned(std::string_view witness, std::uint64_t size, std::string_view lines);
    Result<void> witness_knows(std::string_view witness, std::uint64_t size);
    std::uint64_t witnessed_by(std::string_view witness) const {
        return witnesses_.witnessed_by(witness);
    }

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
        ConfigurationChange change;
        Untold then(const ConfigurationChange& next) const;
    };

    Writer(Settings settings, const Environment& environment, std::string boot);

    // How the log begins, and goes on after a failure; writer_start.cpp.
    Result<void> start();
    Result<Repair> go_on();
    /// Of a command that came while another one is at work, which may take long: who waited would
    /// keep a thread of the pool.
    static Error is_busy();
    Result<Repair> repair_locked();
    Result<Repair> resume_locked(Recovered recovered);
    Exchanges install(Recovered recovered);
    void append_recovery();
    void append_opened(std::size_t lost);
    Result<void> write_lost(const Exchanges& lost);
    Result<void> announce(Repair& repair);
    Result<void> write_own_locked();

    // How the log is sealed; writer_seal.cpp.
    Result<StartCheck> prepare();
    Result<StartCheck> prepare_old(LogKeys keys);
    Result<StartCheck> begin_new(bool fresh_key);
    Result<StartCheck> seal_unsealed();
    Result<StartCheck> put_aside_and_begin(std::string why, const StartCheck& found,
                                           const LogKeys* keys);
    Result<StartCheck> begin_after(const Generation& aside);
    Result<bool> load_signer(const LogKeys& keys);
    Result<void> finish_key_change(LogKeys& keys, const StartCheck& found);
    Result<void> mend_checkpoints(const StartCheck& found) const;
    Result<void> sign_with(const std::string& origin, std::uint64_t since, certs::Key key);
    void make_sealer();
    Result<void> begin_sealing();
    Result<LogEnd> make_durable();
    Result<void> write_sealed(Sequence record);
    void fail(Error failure);
    Result<KeyChange> change_key_locked(std::string_view who);
    Result<std::uint64_t> put_key_in_force(const tlog::Signer& successor);

    template <class Event>
    Sequence append_locked(const Event& event) {
        return composer_->append(event, clock_->now());
    }
    Sequence append_locked(const ExchangeBegin& event);
    // How what is disclosed is erased; writer_erase.cpp.
    Result<void> finish_erasure();
    Result<void> finish_erasure(ErasureIntent& intent);
    Result<void> erase_all(ErasureIntent& intent, const std::string& only = {});
    Result<void> erase_file(ErasureIntent& intent, const std::filesystem::path& path,
                            const std::filesystem::path& segment);
    std::string name_of(const std::filesystem::path& disclosures) const;
    Sequence next_written(const std::filesystem::path& folder);
    Sequence append_erased_locked(const ErasureIntent& erasure);
    Result<Sequence> record_erasure(const ErasureIntent& intent);

    template <class Event>
    void miss_locked(const Event& event) {
        if (composer_->miss(event)) ++dropped_;
    }
    void miss_locked(const ExchangeBegin& event);
    void count_lost_locked(std::string_view records);
    static Result<void> check_digest(std::string_view configuration);
    void publish(const Policy& policy);
    Level level_in_force() const;

    // What nobody waits for; writer_upkeep.cpp.
    std::unique_lock<std::mutex> hold_upkeep();
    bool gives_way() const { return !goes_on() || upkeep_wanted_ > 0; }
    void watch_space();
    void watch_checkpoints();
    std::uint64_t tell_space_locked(Watermarks::Level level, std::uint64_t free_bytes);

    // Files that are not written any more; writer_retention.cpp.
    static constexpr std::chrono::minutes compress_again_after{10};
    static constexpr std::chrono::minutes prune_again_after{60};
    struct Holdings {
        std::vector<SealedSegment> sealed{};
        Sequence first = 0;       // record of all
        Sequence next = 0;        // first record that is not in `sealed`
        std::uint64_t bytes = 0;  // of everything
        std::uint64_t segments = 0;
        std::optional<WallTime> oldest{};
    };
    bool goes_on() const { return healthy() && !closed_; }
    Result<Holdings> take_stock();
    Result<Pruned> prune_locked(const KeepLimits& limits, bool dry_run, std::string_view who);
    // writer_prune.cpp
    Result<void> intend_to_prune(const Pruned& pruned);
    Result<bool> tell_pruned(const Pruned& pruned);
    void look_for_pruning();
    Result<void> finish_pruning();
    Result<void> remove_pruned(const Pruned& pruned);
    void go_on_pruning();

    Holds holds();
    void tell_held(const Pruned& pruned);
    void keep_to_policy();
    void pack_segments();
    Result<void> pack(const Segment& segment);
    void look_at_files();
    void append_changed(const Untold& change);
    bool is_in_force(const Policy& policy) const;

    bool accepts_locked();
    Result<void> write_locked();
    Error give_up_locked(SegmentWriter::Written written);
    void record_full_locked(const Error& failure);
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
    const KeyStore key_store_;
    const ErasureIntentFile erasure_file_;
    std::optional<LogKeys> keys_;         // also under compose_mutex_
    std::optional<tlog::Signer> signer_;  // as keys_
    std::optional<Generation> previous_;  // of a new log: what was put aside before
    std::string broken_;                  // under compose_mutex_
    SealState seal_state_;                // likewise
    Witnesses witnesses_;

    mutable std::mutex compose_mutex_;
    std::optional<Composer> composer_;  // always there
    std::string configuration_;
    std::optional<Untold> untold_;
    Retention retention_;
    std::string off_reason_;
    std::uint64_t segment_bytes_max_ = segment_bytes_default;
    bool overflowed_ = false;
    std::optional<Error> failure_;  // changed under both locks, read under either

    std::mutex file_mutex_;
    std::optional<SegmentWriter> segments_;
    Batch batch_;      // kept for its memory
    LogEnd written_;   // up to where records are in a file
    LogEnd sealable_;  // up to where they are durable, as the sealer sees it

    std::atomic<Sequence> durable_ = 0;  // the next record that may not survive a loss of power
    std::atomic<bool> healthy_ = false;
    std::atomic<bool> nearly_full_ = false;
    std::atomic<bool> closed_ = false;
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<std::uint64_t> unrecorded_ = 0;
    std::atomic<std::uint64_t> failures_ = 0;
    std::atomic<Durability> durability_;
    std::atomic<OnFailure> on_failure_;
    std::atomic<Level> level_;

    std::atomic<int> upkeep_wanted_ = 0;  // so many wait for what the next one guards
    Pace pace_;                           // of what nobody waits for
    std::mutex upkeep_mutex_;             // held while files are looked after; before the sealer's
    PruneIntentFile prune_file_{settings_.folder};  // with it, as the next
    std::optional<PruneIntent> pruning_;            // that is not finished
    Watermarks watermarks_;
    ClockTrust clock_trust_;
    std::map<Sequence, WallTime> first_times_;  // of segments, as their first records say
    std::chrono::nanoseconds compress_from_{0};
    std::chrono::nanoseconds prune_from_{0};  // after files were found that somebody changed
    mutable std::mutex storage_mutex_;
    Storage storage_;

    // Last: their threads use all of the above.
    std::optional<Committer> committer_;
    std::optional<Sealer> sealer_;  // and the thread before
    std::optional<Upkeep> upkeep_;  // likewise
};

}  // namespace sallyport::audit
