#include "audit/writer.hpp"

#include "audit/record_fields.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

namespace sallyport::audit {
namespace {

/// Records may wait in memory for write() up to this; more means that nobody calls it.
constexpr std::size_t pending_bytes_max = 16 * 1024 * 1024;

bool is_made_of(std::string_view text, std::string_view characters) {
    return text.find_first_not_of(characters) == std::string_view::npos;
}

Result<std::string> read_boot(const Environment& environment) {
    constexpr std::size_t boot_bytes_max = 64;
    auto boot = environment.boot.empty()
                    ? read_file("/proc/sys/kernel/random/boot_id", boot_bytes_max)
                    : Result<std::string>(environment.boot);
    if (!boot) return boot.error();
    while (boot->ends_with('\n')) boot->pop_back();
    if (!is_made_of(*boot, "0123456789abcdef-"))
        return Error{Errc::malformed, "the boot id \"" + *boot + "\" is not a UUID"};
    return std::move(*boot);
}

std::uint64_t count_of(std::string_view what, std::string_view text) {
    std::uint64_t count = 0;
    for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
        ++count;
    return count;
}

}  // namespace

Log::Writer::Writer(Settings settings, const Environment& environment, std::string boot)
    : settings_(std::move(settings)),
      clock_(environment.clock ? environment.clock : &Clock::system()),
      disk_(environment.disk ? environment.disk : &Disk::system()),
      boot_(std::move(boot)),
      key_store_(settings_.key.empty() ? settings_.folder.parent_path() / "audit.key"
                                       : settings_.key),
      erasure_file_(settings_.folder),
      witnesses_(settings_.folder) {
    const Policy policy{.durability = settings_.durability,
                        .on_failure = settings_.on_failure,
                        .level = settings_.level,
                        .configuration = settings_.configuration,
                        .retention = settings_.retention,
                        .off_reason = settings_.off_reason,
                        .segment_bytes_max = settings_.segment_bytes_max};
    composer_.emplace(LogState(), boot_, policy.segment_bytes_max, policy.level,
                      policy.configuration);
    publish(policy);
}

Result<std::unique_ptr<Log::Writer>> Log::Writer::open(Settings settings, Environment environment) {
    if (auto checked = check_digest(settings.configuration); !checked) return checked.error();
    auto boot = read_boot(environment);
    if (!boot) return boot.error();
    std::unique_ptr<Writer> writer(new Writer(std::move(settings), environment, std::move(*boot)));
    if (auto started = writer->start(); !started) return started.error();
    if (environment.upkeep)
        writer->upkeep_.emplace(Upkeep::interval_default,
                                [log = writer.get()] { log->look_after(); });
    return writer;
}

std::optional<Error> Log::Writer::failure() const {
    const std::lock_guard lock(compose_mutex_);
    return failure_;
}

/// Of a disk that is nearly full the rest is kept for what is not an allowed exchange.
Level Log::Writer::level_in_force() const {
    const bool sparing = nearly_full_ && on_failure_ == OnFailure::degrade;
    return sparing && level_ == Level::all ? Level::security : level_.load();
}

Sequence Log::Writer::append_locked(const ExchangeBegin& event) {
    const auto sequence = composer_->append(event, clock_->now());
    if (sequence == not_recorded && level_ == Level::all) ++unrecorded_;
    return sequence;
}

void Log::Writer::miss_locked(const ExchangeBegin&) {
    if (level_ != Level::all) return;  // of the policy, not what a full disk makes of it
    ++dropped_;
    if (on_failure_ == OnFailure::degrade) ++unrecorded_;
}

/// Records that were composed, and will not be written.
void Log::Writer::count_lost_locked(std::string_view records) {
    // No text of a record can hold a bare quote, so this is found in begins only.
    static const auto begin = "\"event\":\"" + std::string(event::exchange_begin) + '"';
    dropped_ += count_of("\n", records);
    if (on_failure_ == OnFailure::degrade) unrecorded_ += count_of(begin, records);
}

bool Log::Writer::accepts_locked() {
    if (closed_) return false;
    if (healthy() && composer_->pending().bytes.size() > pending_bytes_max) {
        overflowed_ = true;
        healthy_ = false;
        committer_->wake();  // nobody else may write now, and what is there shall not be lost
    }
    return healthy();
}

Result<void> Log::Writer::write() {
    const std::lock_guard lock(file_mutex_);
    return write_locked();
}

Result<void> Log::Writer::write_locked() {
    if (failure_) return *failure_;
    bool overflowed = false;
    {
        const std::lock_guard lock(compose_mutex_);
        overflowed = overflowed_;
        composer_->take(batch_);
    }
    if (!batch_.empty()) {
        auto written = segments_->write(batch_);
        if (written.failure) return give_up_locked(std::move(written));
        written_ = {batch_.next, batch_.last};
        if (segments_->has_finished_segments()) {
            committer_->wake();
            sealer_->hurry();
        }
    }
    if (!overflowed) return {};
    return stop_locked({Errc::limit, "more than " + std::to_string(pending_bytes_max) +
                                         " bytes of records waited to be written"},
                       {});
}

Error Log::Writer::give_up_locked(SegmentWriter::Written written) {
    const std::string_view bytes = batch_.bytes;
    const auto kept = bytes.substr(0, written.bytes);
    if (!kept.empty()) {
        written_.next += count_of("\n", kept);
        const auto before = kept.rfind('\n', kept.size() - 2);
        written_.last = tlog::leaf_hash(
            as_bytes(before == std::string_view::npos ? kept : kept.substr(before + 1)));
    }
    if (is_full(*written.failure)) record_full_locked(*written.failure);
    return stop_locked(std::move(*written.failure), bytes.substr(written.bytes));
}

/// The composer is ahead of the file, so these last words are chained to what is in it.
void Log::Writer::record_full_locked(const Error& failure) {
    const auto space = disk_->space(settings_.folder);
    std::string line;
    {
        std::string nothing_personal;
        const std::lock_guard lock(compose_mutex_);
        Chain chain(written_.next, written_.last, boot_);
        chain.set_configuration(configuration_);
        chain.append(line, nothing_personal, clock_->now(),
                     LogDiskFull{.free_bytes = space ? space->free_bytes : 0,
                                 .on_failure = to_text(on_failure_.load()),
                                 .failure = to_text(failure)});
    }
    if (!segments_->write_last(line)) return;
    ++written_.next;
    written_.last = tlog::leaf_hash(as_bytes(line));
}

Error Log::Writer::stop_locked(Error failure, std::string_view lost_records) {
    {
        const std::lock_guard lock(compose_mutex_);
        healthy_ = false;
        ++failures_;
        failure_ = failure;
        count_lost_locked(lost_records);
        count_lost_locked(composer_->pending().bytes);
        composer_->discard();
    }
    log::error("audit.failed",
               {{"error", to_text(failure)},
                {"on_failure", to_text(on_failure_.load())},
                {"exchanges", on_failure_ == OnFailure::block ? "refused" : "UNRECORDED"},
                {"do", "make room or give the rights, then run: sallyport audit repair"}});
    return failure;
}

bool Log::Writer::commit(Sequence up_to) {
    SegmentWriter::Unsynced unsynced;
    LogEnd end;
    std::uint64_t failures = 0;
    {
        const std::lock_guard lock(file_mutex_);
        if (!write_locked()) return false;
        failures = failures_;
        if (up_to < durable_ && !segments_->has_finished_segments()) return true;
        unsynced = segments_->take_unsynced();
        end = written_;
    }
    if (auto synced = sync_files(unsynced); !synced) {
        fail(synced.error());
        return false;
    }
    const std::lock_guard lock(file_mutex_);
    if (failures_ != failures) return false;  // after a repair it may be another log
    durable_ = end.next;
    sealable_ = end;
    return true;
}

Result<void> Log::Writer::sync_files(const SegmentWriter::Unsynced& unsynced) {
    for (const auto& file : unsynced.files)
        if (auto synced = disk_->sync(file->get()); !synced) return synced;
    return unsynced.folder ? sync_folder(settings_.folder) : Result<void>();
}

void Log::Writer::sync(Sequence up_to, std::function<void(bool)> done) {
    const auto needed = up_to == not_recorded ? 0 : up_to;
    if (!committer_->request(needed, done)) done(false);
}

void Log::Writer::close() {
    const std::lock_guard repairing(repair_mutex_);
    {
        const std::lock_guard lock(compose_mutex_);
        if (closed_) return;
        if (accepts_locked()) composer_->append_always(LogClosed{}, clock_->now());
        closed_ = true;
    }
    if (sealer_) sealer_->stop();
    pace_.end();
    if (upkeep_) upkeep_->stop();
    if (committer_) committer_->stop();
    if (commit(not_recorded - 1) && sealer_)
        if (auto sealed = sealer_->finish(sealable_); !sealed) fail(sealed.error());
    healthy_ = false;
}

}  // namespace sallyport::audit
