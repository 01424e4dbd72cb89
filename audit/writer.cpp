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

Result<void> check_digest(std::string_view configuration) {
    if (is_made_of(configuration, "0123456789abcdef")) return {};
    return Error{Errc::malformed, "the digest of the configuration is not hexadecimal"};
}

std::uint64_t count_of(std::string_view what, std::string_view text) {
    std::uint64_t count = 0;
    for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
        ++count;
    return count;
}

}  // namespace

Log::Writer::Writer(Settings settings, Environment environment, std::string boot)
    : settings_(std::move(settings)),
      clock_(environment.clock ? environment.clock : &Clock::system()),
      disk_(environment.disk ? environment.disk : &Disk::system()),
      boot_(std::move(boot)) {
    const Policy policy{.durability = settings_.durability,
                        .on_failure = settings_.on_failure,
                        .level = settings_.level,
                        .configuration = settings_.configuration};
    composer_.emplace(LogState(), boot_, settings_.segment_bytes_max, policy);
    publish(policy);
}

void Log::Writer::publish(const Policy& policy) {
    durability_ = policy.durability;
    on_failure_ = policy.on_failure;
    level_ = policy.level;
    configuration_ = policy.configuration;
    composer_->set_policy(policy);
}

Result<std::unique_ptr<Log::Writer>> Log::Writer::open(Settings settings, Environment environment) {
    if (auto checked = check_digest(settings.configuration); !checked) return checked.error();
    auto boot = read_boot(environment);
    if (!boot) return boot.error();
    std::unique_ptr<Writer> writer(
        new Writer(std::move(settings), std::move(environment), std::move(*boot)));
    if (auto started = writer->start(); !started) return started.error();
    return writer;
}

std::optional<Error> Log::Writer::failure() const {
    const std::lock_guard lock(compose_mutex_);
    return failure_;
}

void Log::Writer::miss_locked(const ExchangeBegin& event) {
    if (!composer_->miss(event)) return;
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
        if (written.failure) {
            const auto lost = std::string_view(batch_.bytes).substr(written.bytes);
            return stop_locked(std::move(*written.failure), lost);
        }
        written_ = batch_.next;
        if (segments_->has_finished_segments()) committer_->wake();
    }
    if (!overflowed) return {};
    return stop_locked({Errc::limit, "more than " + std::to_string(pending_bytes_max) +
                                         " bytes of records waited to be written"},
                       {});
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
    Sequence next = 0;
    {
        const std::lock_guard lock(file_mutex_);
        if (!write_locked()) return false;
        if (up_to < durable_ && !segments_->has_finished_segments()) return true;
        unsynced = segments_->take_unsynced();
        next = written_;
    }
    if (auto synced = sync_files(unsynced); !synced) {
        const std::lock_guard lock(file_mutex_);
        if (!failure_) static_cast<void>(stop_locked(synced.error(), {}));
        return false;
    }
    durable_ = next;
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

Result<void> Log::Writer::reconfigure(Policy policy, std::string_view who) {
    if (auto checked = check_digest(policy.configuration); !checked) return checked;
    {
        const std::lock_guard lock(compose_mutex_);
        const Untold change{untold_ ? untold_->before : configuration_, std::string(who)};
        publish(policy);
        if (accepts_locked())
            append_changed(change);
        else
            untold_ = change;
    }
    return write();
}

void Log::Writer::append_changed(const Untold& change) {
    composer_->append_always(ConfigChanged{.before = change.before,
                                           .after = configuration_,
                                           .who = change.who,
                                           .level = to_text(level_.load()),
                                           .durability = to_text(durability_.load()),
                                           .on_failure = to_text(on_failure_.load())},
                             clock_->now());
}

void Log::Writer::close() {
    const std::lock_guard repairing(repair_mutex_);
    {
        const std::lock_guard lock(compose_mutex_);
        if (closed_) return;
        if (accepts_locked()) composer_->append_always(LogClosed{}, clock_->now());
        closed_ = true;
    }
    if (committer_) committer_->stop();
    static_cast<void>(commit(not_recorded - 1));
    healthy_ = false;
}

}  // namespace sallyport::audit
