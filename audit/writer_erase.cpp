// How what the log discloses of somebody is erased while the log goes on.
#include "audit/erasure.hpp"
#include "audit/file_erasure.hpp"
#include "audit/generation.hpp"
#include "audit/writer.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/secret_hash.hpp"

#include <algorithm>

namespace sallyport::audit {
namespace {

Salt make_salt() {
    const auto bytes = certs::random_bytes(salt_bytes);
    Salt salt;
    std::ranges::copy(bytes, salt.begin());
    return salt;
}

ErasureIntent make_intent(const ErasureOrder& order, std::string_view who) {
    const auto salt = make_salt();
    return {.order = order,
            .who = std::string(who),
            .salt = to_hex(salt),
            .subject_c = commitment(salt, order.subject)};
}

/// So many values of one file are gone, or would go.
void count_erased(ErasureIntent& intent, std::uint64_t values) {
    intent.count += values;
    intent.segments += values > 0 ? 1 : 0;
    intent.file.clear();
    intent.values = 0;
}

/// The segment of a file of disclosures; empty if its records are gone.
std::filesystem::path segment_of(const std::vector<Segment>& segments, Sequence first) {
    const auto found = std::ranges::find(segments, first, &Segment::first);
    return found == segments.end() ? std::filesystem::path() : found->path;
}

}  // namespace

Result<Erasure> Log::Writer::erase(const ErasureOrder& order, std::string_view who) {
    if (order.subject.empty()) return Error{Errc::malformed, "say whose values are to be erased"};
    const std::unique_lock repairing(repair_mutex_, std::try_to_lock);
    if (!repairing) return is_busy();
    const auto keeping = hold_upkeep();  // a file that is pruned stays away
    if (closed_) return Error{Errc::closed, "the audit log is closed"};
    // What is erased must be recorded, and what waits to be written must be found.
    if (auto written = write(); !written) return written.error();
    if (!order.dry_run)
        if (auto finished = finish_erasure(); !finished)
            return Error{finished.error().code,
                         "an erasure that was interrupted before this one "
                         "cannot be finished: " +
                             to_text(finished.error())};
    auto intent = make_intent(order, who);
    const auto done = erase_all(intent);
    Erasure erased{.count = intent.count,
                   .segments = intent.segments,
                   .salt = intent.salt,
                   .subject_c = intent.subject_c};
    if (order.dry_run) return done ? Result<Erasure>(std::move(erased)) : done.error();
    // Also after a failure: what is gone is gone.
    const auto recorded = record_erasure(intent);
    if (!recorded)
        return Error{recorded.error().code, "erased " + std::to_string(erased.count) +
                                                " values, then: " + to_text(recorded.error()) +
                                                "; a repair of the log finishes and records it"};
    if (!done)
        return Error{done.error().code, "erased only " + std::to_string(erased.count) +
                                            " values, then: " + to_text(done.error()) +
                                            "; repeat this when the reason is gone"};
    erased.record = *recorded;
    return erased;
}

/// What a kill, or a log that failed, left of an erasure. What cannot be done now is tried again by
/// the next start, repair or erasure. With repair_mutex_ and upkeep_mutex_.
Result<void> Log::Writer::finish_erasure() {
    auto intent = erasure_file_.read();
    auto done = intent ? Result<void>() : Result<void>(intent.error());
    if (intent) done = *intent ? finish_erasure(**intent) : erasure_file_.remove();
    if (!done)
        log::error("audit.erasure_unfinished",
                   {{"error", to_text(done.error())},
                    {"do", "when the reason is gone, run: sallyport audit repair"}});
    return done;
}

Result<void> Log::Writer::finish_erasure(ErasureIntent& intent) {
    // First, since only of this one it is not known whether it is done.
    if (const auto interrupted = intent.file; !interrupted.empty()) {
        if (auto erased = erase_all(intent, interrupted); !erased) return erased;
        if (!intent.file.empty()) count_erased(intent, intent.values);  // gone as a whole
    }
    if (auto erased = erase_all(intent); !erased) return erased;
    if (const auto recorded = record_erasure(intent); !recorded) return recorded.error();
    log::warn("audit.erasure_finished",
              {{"subject_c", intent.subject_c}, {"values", intent.count}, {"who", intent.who}});
    return {};
}

/// In all segments, also of logs that were put aside; or in the one file with this name.
Result<void> Log::Writer::erase_all(ErasureIntent& intent, const std::string& only) {
    auto folders = generation_folders(settings_.folder);
    if (!folders) return folders.error();
    folders->push_back(settings_.folder);
    for (const auto& folder : *folders) {
        const auto segments = list_segments(folder);
        if (!segments) return segments.error();
        const auto files = list_disclosures(folder);
        if (!files) return files.error();
        for (const auto& file : *files) {
            if (file.unfinished || (!only.empty() && name_of(file.path) != only)) continue;
            const auto segment = segment_of(*segments, file.first);
            if (auto done = erase_file(intent, file.path, segment); !done) return done;
        }
    }
    return {};
}

std::string Log::Writer::name_of(const std::filesystem::path& disclosures) const {
    return disclosures.lexically_relative(settings_.folder).string();
}

/// Nothing is replaced before the intent says so.
Result<void> Log::Writer::erase_file(ErasureIntent& intent, const std::filesystem::path& path,
                                     const std::filesystem::path& segment) {
    const bool interrupted = !intent.file.empty();
    const auto written = next_written(path.parent_path());
    auto look = intent.order;
    look.dry_run = true;
    FileErasure looking(path, segment, look, *disk_);
    if (auto read = looking.read(written); !read) return read;
    // Of one that was interrupted; something may have been disclosed after it was replaced.
    const auto least = interrupted ? intent.values : 0;
    if (intent.order.dry_run || looking.values() == 0) {
        count_erased(intent, std::max(looking.values(), least));
        return {};
    }

    intent.file = name_of(path);
    intent.values = std::max(looking.values(), least);
    if (auto said = erasure_file_.write(intent); !said) return said;
    FileErasure erasure(path, segment, intent.order, *disk_);
    if (auto read = erasure.read(written); !read) return read;
    if (auto left = erasure.write_left(); !left) return left;
    {
        // Nothing is written into the file then; into another than the open one nobody writes.
        std::unique_lock lock(file_mutex_);
        if (failure_) return *failure_;
        const bool is_open = path == segments_->disclosures().path();
        if (!is_open) lock.unlock();
        if (auto read = erasure.read(not_recorded); !read) return read;
        if (auto replaced = erasure.replace(); !replaced) return replaced;
        if (is_open) segments_->disclosures().reopen();
    }
    count_erased(intent, std::max(erasure.values(), least));
    return sync_folder(path.parent_path());
}

/// All records before this one are in their files. Nobody writes in the folder of another log.
Sequence Log::Writer::next_written(const std::filesystem::path& folder) {
    const std::lock_guard lock(file_mutex_);
    const bool is_ours = segments_ && segments_->disclosures().path().parent_path() == folder;
    return is_ours ? written_.next : not_recorded;
}

/// While this cannot be done the intent stays; a log that fails says it when it is repaired.
/// Perhaps once more, with the same commitment.
Result<Sequence> Log::Writer::record_erasure(const ErasureIntent& intent) {
    Sequence record = not_recorded;
    {
        const std::lock_guard lock(compose_mutex_);
        if (accepts_locked()) record = append_erased_locked(intent);
    }
    if (auto sealed = write_sealed(record); !sealed) return sealed.error();
    if (auto removed = erasure_file_.remove(); !removed)
        log::warn("audit.erasure_intent",
                  {{"error", to_text(removed.error())},
                   {"erasure", "is done; the next start records it again"}});
    return record;
}

Sequence Log::Writer::append_erased_locked(const ErasureIntent& erasure) {
    const auto& order = erasure.order;
    const auto until = order.until ? to_rfc3339(*order.until) : std::string();
    return composer_->append_always(AuditErased{.subject_c = erasure.subject_c,
                                                .match = order.pattern ? "pattern" : "exact",
                                                .until = until,
                                                .count = erasure.count,
                                                .segments = erasure.segments,
                                                .reason = order.reason,
                                                .who = erasure.who},
                                    clock_->now());
}

}  // namespace sallyport::audit
