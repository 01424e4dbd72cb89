// How the log begins to write, and goes on to after a failure: both are the same steps.
#include "audit/folder_lock.hpp"
#include "audit/rewrite.hpp"
#include "audit/writer.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

#include <unistd.h>

namespace sallyport::audit {
namespace {

/// Ends of lost exchanges are given to the file in pieces of this size.
constexpr std::size_t start_batch_bytes = 1024 * 1024;

tlog::KeyType key_type(certs::KeyKind kind) {
    return kind == certs::KeyKind::p256 ? tlog::KeyType::ecdsa : tlog::KeyType::ed25519;
}

}  // namespace

/// A log that the disk does not let begin is there nevertheless: a daemon that ran can be asked
/// what is wrong, and told when it is right again. Errors: Errc::conflict.
Result<void> Log::Writer::start() {
    committer_.emplace([this](Sequence up_to) { return commit(up_to); });
    make_sealer();
    const std::lock_guard repairing(repair_mutex_);
    auto begun = Result<Repair>(Repair{});
    {
        const auto paused = sealer_->pause();
        begun = go_on();
        // If this does not work, the log has failed and said so.
        if (begun) static_cast<void>(begin_sealing());
    }
    if (begun) {
        const auto kind = signer_ ? signer_->verifier().type() : tlog::KeyType::ed25519;
        if (healthy() && kind != key_type(settings_.key_kind))
            static_cast<void>(change_key_locked("configuration"));
        if (healthy()) {
            const auto keeping = hold_upkeep();
            go_on_pruning();
            static_cast<void>(finish_erasure());  // or says why not
        }
        return {};
    }
    if (begun.error().code == Errc::conflict) {
        closed_ = true;
        return begun.error();
    }
    const std::lock_guard lock(file_mutex_);
    static_cast<void>(stop_locked(begun.error(), {}));
    return {};
}

Error Log::Writer::is_busy() {
    return {Errc::unavailable,
            "another command is at work on the audit log; repeat this when it is done"};
}

Result<Repair> Log::Writer::repair() {
    const std::lock_guard repairing(repair_mutex_);
    if (closed_) return Error{Errc::closed, "the audit log is closed"};
    const auto keeping = hold_upkeep();
    watch_space();  // room may have been made since the last look
    auto repaired = healthy() ? Result<Repair>(Repair{}) : repair_locked();
    if (repaired && healthy()) {
        go_on_pruning();
        static_cast<void>(finish_erasure());  // or says why not
    }
    return repaired;
}

Result<Repair> Log::Writer::repair_locked() {
    static_cast<void>(write());  // what overflowed may not have been written yet
    const auto paused = sealer_->pause();
    auto repaired = go_on();
    if (repaired) {
        if (auto sealed = begin_sealing(); !sealed) {
            dropped_ += repaired->dropped;  // the next repair says it, too
            unrecorded_ += repaired->unrecorded;
            repaired = sealed.error();
        }
    }
    if (!repaired) {
        log::error("audit.repair_failed", {{"error", to_text(repaired.error())}});
        return repaired.error();
    }
    log::warn("audit.repaired", {{"failure", repaired->failure},
                                 {"dropped", repaired->dropped},
                                 {"unrecorded", repaired->unrecorded},
                                 {"lost", repaired->lost},
                                 {"torn_bytes", repaired->torn_bytes}});
    return repaired;
}

/// With repair_mutex_ held. What takes long happens before the file lock is taken: a failed log is
/// touched by nobody else.
Result<Repair> Log::Writer::go_on() {
    if (!lock_) {
        auto lock = lock_folder(settings_.folder);
        if (!lock) return lock.error();
        lock_ = std::move(*lock);
    }
    auto found = prepare();
    if (!found) return found.error();
    seal_state_ = std::move(found->state);
    auto recovered = recover(settings_.folder, found->unsound);
    if (!recovered) return recovered.error();
    // Nothing is signed that is only in the page cache. A process that was killed may have left it
    // there; and whether the kernel told it of a failed fdatasync(2), nobody knows.
    if (recovered->state.next > seal_state_.size())
        if (auto done =
                rewrite_segments(settings_.folder, {seal_state_.segment, seal_state_.offset},
                                 seal_state_.size(), *disk_);
            !done)
            return done.error();
    const std::lock_guard lock(file_mutex_);
    auto repair = resume_locked(std::move(*recovered));
    if (repair) return repair;
    const std::lock_guard compose_lock(compose_mutex_);
    composer_->discard();
    return repair;
}

Result<Repair> Log::Writer::resume_locked(Recovered recovered) {
    Repair repair{.repaired = failure_.has_value(),
                  .failure = failure_ ? to_text(*failure_) : std::string()};
    segments_.emplace(settings_.folder, *disk_);
    if (recovered.segment)
        if (auto resumed = segments_->resume(*recovered.segment); !resumed) return resumed.error();
    torn_.insert(torn_.end(), recovered.torn.begin(), recovered.torn.end());
    for (const auto& torn : torn_) repair.torn_bytes += torn.bytes;
    written_ = {recovered.state.next, recovered.state.last};
    const auto lost = install(std::move(recovered));
    repair.lost = lost.size();
    if (auto written = write_lost(lost); !written) return written.error();
    if (auto announced = announce(repair); !announced) return announced.error();
    return repair;
}

/// Puts the composer to the end of the log and lets it tell of the start and of torn tails. Gives
/// the exchanges whose end will never come: all that are open on record at the start, later those
/// that have ended since the failure.
Log::Writer::Exchanges Log::Writer::install(Recovered recovered) {
    if (const auto untracked = recovered.state.open.untracked(); untracked > 0)
        log::warn("audit.lost_untracked", {{"exchanges", untracked}});
    const auto on_record = recovered.state.open.all();
    recovered.state.open = OpenExchanges();
    for (const auto& exchange : on_record) recovered.state.open.begin(exchange.id, exchange.begin);
    if (recovered.boot != boot_) recovered.state.last_instant.reset();

    const std::lock_guard lock(compose_mutex_);
    auto running = begun_ ? composer_->open() : OpenExchanges();
    Exchanges lost;
    for (const auto& exchange : on_record)
        if (!running.end(exchange.id, exchange.begin)) lost.push_back(exchange);
    composer_.emplace(std::move(recovered.state), boot_, segment_bytes_max_, level_in_force(),
                      configuration_);
    if (failure_) composer_->end_segment();
    append_recovery();
    if (!begun_) append_opened(lost.size());
    return lost;
}

void Log::Writer::append_recovery() {
    for (const auto& torn : torn_) {
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
    const auto vkey = keys_->newest().to_text();
    const auto previous = previous_.value_or(Generation());
    const auto retention = KeepLimits::of(retention_).text();
    composer_->append_always(LogOpened{.program = settings_.program,
                                       .version = SALLYPORT_VERSION,
                                       .pid = static_cast<std::uint64_t>(::getpid()),
                                       .configuration = configuration_,
                                       .level = to_text(level_.load()),
                                       .durability = to_text(durability_.load()),
                                       .on_failure = to_text(on_failure_.load()),
                                       .lost = lost,
                                       .origin = keys_->origin(),
                                       .vkey = vkey,
                                       .previous_generation = previous.name,
                                       .previous_origin = previous.origin,
                                       .previous_size = previous.size,
                                       .previous_root = previous.root,
                                       .previous_vkey = previous.vkey,
                                       .broken = previous.broken,
                                       .retention = retention,
                                       .off_reason = off_reason_},
                             clock_->now());
}

Result<void> Log::Writer::write_lost(const Exchanges& lost) {
    const auto reason = begun_ ? "the exchange ended while the log had failed"
                               : "the agent stopped before the exchange ended";
    for (const auto& exchange : lost) {
        const std::lock_guard lock(compose_mutex_);
        composer_->append(
            ExchangeEnd{.exchange = exchange.id, .outcome = outcome::lost, .reason = reason},
            clock_->now());
        if (composer_->pending().bytes.size() < start_batch_bytes) continue;
        if (auto written = write_own_locked(); !written) return written;
    }
    return {};
}

/// The last record of a repair says what is missing; whatever is appended after it is recorded. So
/// nothing may come between, and the compose lock is held while this is written.
Result<void> Log::Writer::announce(Repair& repair) {
    const std::lock_guard lock(compose_mutex_);
    repair.dropped = dropped_;
    repair.unrecorded = unrecorded_;
    if (failure_) {
        if (untold_) append_changed(*untold_);
        composer_->append_always(LogRecovered{.dropped = repair.dropped,
                                              .unrecorded = repair.unrecorded,
                                              .failure = repair.failure},
                                 clock_->now());
    }
    if (auto written = write_own_locked(); !written) return written;
    begun_ = true;
    torn_.clear();
    untold_.reset();
    overflowed_ = false;
    failure_.reset();
    dropped_ = 0;
    unrecorded_ = 0;
    healthy_ = true;
    return {};
}

/// Writes what is pending, with both locks held. Unlike write_locked() it stops nothing: the log is
/// not at work yet.
Result<void> Log::Writer::write_own_locked() {
    composer_->take(batch_);
    if (batch_.empty()) return {};
    auto written = segments_->write(batch_);
    if (written.failure) return std::move(*written.failure);
    written_ = {batch_.next, batch_.last};
    return {};
}

}  // namespace sallyport::audit
