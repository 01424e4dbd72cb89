#include "audit/writer.hpp"

#include "base/error.hpp"
#include "base/log.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace sallyport::audit {
namespace {

constexpr mode_t folder_mode = 0750;
/// Records may wait in memory for write() up to this; more means that nobody calls it.
constexpr std::size_t pending_bytes_max = 16 * 1024 * 1024;
/// Ends written at the start are given to the file in pieces of this size.
constexpr std::size_t start_batch_bytes = 1024 * 1024;

Result<FileDescriptor> lock_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored))
        if (auto made = make_folder(folder, folder_mode); !made) return made.error();
    FileDescriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!file) return os_error("open the folder " + folder.string());
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
    if (errno != EWOULDBLOCK) return os_error("lock the folder " + folder.string());
    return Error{Errc::conflict, "another process writes the audit log in " + folder.string() +
                                     "; stop it, or give this one its own state_dir"};
}

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

}  // namespace

Log::Writer::Writer(Settings settings, Environment environment, FileDescriptor lock,
                    std::string boot)
    : settings_(std::move(settings)),
      clock_(environment.clock ? environment.clock : &Clock::system()),
      disk_(environment.disk ? environment.disk : &Disk::system()),
      boot_(std::move(boot)),
      lock_(std::move(lock)) {
    publish({.durability = settings_.durability,
             .on_failure = settings_.on_failure,
             .level = settings_.level,
             .configuration = settings_.configuration});
}

void Log::Writer::publish(const Policy& policy) {
    durability_ = policy.durability;
    on_failure_ = policy.on_failure;
    level_ = policy.level;
    configuration_ = policy.configuration;
    if (composer_) composer_->set_policy(policy);
}

Result<std::unique_ptr<Log::Writer>> Log::Writer::open(Settings settings, Environment environment) {
    if (auto checked = check_digest(settings.configuration); !checked) return checked.error();
    auto boot = read_boot(environment);
    if (!boot) return boot.error();
    auto lock = lock_folder(settings.folder);
    if (!lock) return lock.error();
    std::unique_ptr<Writer> writer(new Writer(std::move(settings), std::move(environment),
                                              std::move(*lock), std::move(*boot)));
    if (auto begun = writer->begin_log(); !begun) return begun.error();
    return writer;
}

Result<void> Log::Writer::begin_log() {
    auto recovered = recover(settings_.folder);
    if (!recovered) return recovered.error();
    const auto lost = recovered->state.open.all();
    if (const auto untracked = recovered->state.open.untracked(); untracked > 0)
        log::warn("audit.lost_untracked", {{"exchanges", untracked}});
    recovered->state.open = OpenExchanges();
    for (const auto& exchange : lost) recovered->state.open.begin(exchange.id, exchange.begin);
    const auto torn = recovered->torn;  // needed after the state has moved on
    if (auto ready = go_on(std::move(*recovered)); !ready) return ready;
    append_recovery(torn);
    append_opened(lost.size());
    if (auto closed = close_lost(lost); !closed) return closed;
    if (!commit(not_recorded - 1)) return *failure_;
    committer_.emplace([this](Sequence up_to) { return commit(up_to); });
    return {};
}

Result<void> Log::Writer::go_on(Recovered recovered) {
    segments_.emplace(settings_.folder, *disk_);
    if (recovered.segment)
        if (auto resumed = segments_->resume(*recovered.segment); !resumed) return resumed;
    if (recovered.boot != boot_) recovered.state.last_instant.reset();
    written_ = recovered.state.next;
    composer_.emplace(std::move(recovered.state), boot_, settings_.segment_bytes_max,
                      Policy{.durability = durability_,
                             .on_failure = on_failure_,
                             .level = level_,
                             .configuration = configuration_});
    return {};
}

void Log::Writer::append_recovery(const std::vector<Torn>& all) {
    for (const auto& torn : all) {
        log::warn("audit.torn_tail", {{"file", torn.file},
                                      {"bytes", torn.bytes},
                                      {"lines", torn.lines},
                                      {"copy", torn.copy}});
        composer_->append_always(LogRecovered{.file = torn.file,
                                              .torn_bytes = torn.bytes,
                                              .torn_lines = torn.lines,
                                              .sha256 = torn.sha256,
                                              .copy = torn.copy},
                                 clock_->now());
    }
}

void Log::Writer::append_opened(std::size_t lost) {
    composer_->append_always(LogOpened{.program = settings_.program,
                                       .version = SALLYPORT_VERSION,
                                       .pid = static_cast<std::uint64_t>(::getpid()),
                                       .configuration = configuration_,
                                       .level = to_text(level_.load()),
                                       .durability = to_text(durability_.load()),
                                       .on_failure = to_text(on_failure_.load()),
                                       .lost = lost},
                             clock_->now());
}

Result<void> Log::Writer::close_lost(const std::vector<OpenExchanges::Exchange>& lost) {
    for (const auto& exchange : lost) {
        composer_->append(ExchangeEnd{.exchange = exchange.id,
                                      .outcome = outcome::lost,
                                      .reason = "the agent stopped before the exchange ended"},
                          clock_->now());
        if (composer_->pending().bytes.size() < start_batch_bytes) continue;
        if (auto written = write(); !written) return written;
    }
    return write();
}

bool Log::Writer::accepts_locked() {
    if (closed_) return false;
    if (healthy() && composer_->pending().bytes.size() > pending_bytes_max) {
        overflowed_ = true;
        healthy_ = false;
    }
    if (healthy()) return true;
    ++dropped_;
    return false;
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
            const auto lost =
                std::count(batch_.bytes.begin() + static_cast<std::ptrdiff_t>(written.bytes),
                           batch_.bytes.end(), '\n');
            return stop_locked(std::move(*written.failure), static_cast<std::uint64_t>(lost));
        }
        written_ = batch_.next;
        if (segments_->has_finished_segments() && committer_) committer_->wake();
    }
    if (!overflowed) return {};
    return stop_locked({Errc::limit, "more than " + std::to_string(pending_bytes_max) +
                                         " bytes of records waited to be written"},
                       0);
}

Error Log::Writer::stop_locked(Error failure, std::uint64_t lost_records) {
    {
        const std::lock_guard lock(compose_mutex_);
        healthy_ = false;
        dropped_ += lost_records + composer_->pending().records;
        composer_->discard();
    }
    log::error("audit.failed", {{"error", to_text(failure)},
                                {"on_failure", to_text(on_failure_.load())},
                                {"do", "make room on the disk, then restart"}});
    failure_ = failure;
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
        if (!failure_) static_cast<void>(stop_locked(synced.error(), 0));
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
        const auto before = configuration_;
        publish(policy);
        if (accepts_locked())
            composer_->append_always(ConfigChanged{.before = before,
                                                   .after = policy.configuration,
                                                   .who = who,
                                                   .level = to_text(policy.level),
                                                   .durability = to_text(policy.durability),
                                                   .on_failure = to_text(policy.on_failure)},
                                     clock_->now());
    }
    return write();
}

Result<void> Log::Writer::repair() {
    const std::lock_guard file_lock(file_mutex_);
    if (closed_) return Error{Errc::closed, "the audit log is closed"};
    if (!failure_) return {};
    auto recovered = recover(settings_.folder);
    if (!recovered) return recovered.error();
    const auto torn = recovered->torn;
    const auto dropped = dropped_.load();
    {
        const std::lock_guard compose_lock(compose_mutex_);
        if (auto ready = go_on(std::move(*recovered)); !ready) return ready;
        composer_->end_segment();
        append_recovery(torn);
        composer_->append_always(LogRecovered{.dropped = dropped, .failure = to_text(*failure_)},
                                 clock_->now());
        failure_.reset();
        overflowed_ = false;
        dropped_ = 0;
        healthy_ = true;
    }
    auto written = write_locked();
    if (!written) dropped_ = dropped;  // what it could not say now, the next repair says
    return written;
}

void Log::Writer::close() {
    {
        const std::lock_guard lock(compose_mutex_);
        if (closed_ || !composer_) return;
        if (accepts_locked()) composer_->append_always(LogClosed{}, clock_->now());
        closed_ = true;
    }
    if (committer_) committer_->stop();
    static_cast<void>(commit(not_recorded - 1));
    healthy_ = false;
}

}  // namespace sallyport::audit
