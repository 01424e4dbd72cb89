// How segments are deleted: said first, then done, and finished by the next start if need be.
#include "audit/prune.hpp"
#include "audit/writer.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

#include <algorithm>

namespace sallyport::audit {

std::string joined_names(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// With upkeep_mutex_ held. A log that works says first, under seal, what goes; one that has failed
/// says it in the journal, and on record when it is repaired or has been started again.
Result<void> Log::Writer::intend_to_prune(const Pruned& pruned) {
    log::warn("audit.pruned", {{"first_left", pruned.first},
                               {"segments", pruned.segments},
                               {"bytes", pruned.bytes},
                               {"disclosures_of_segments", pruned.disclosures},
                               {"policy", pruned.policy},
                               {"who", pruned.who}});
    if (!pruned.untaken.empty())
        log::error("audit.pruned_untaken",
                   {{"first_left", pruned.first},
                    {"not_taken_by", joined_names(pruned.untaken)},
                    {"do", "see why they do not take records; what was deleted they never get"}});
    PruneIntent intent{.pruned = pruned};
    std::optional<tlog::Signer> signer;
    {
        const std::lock_guard lock(compose_mutex_);
        if (closed_) return Error{Errc::closed, "the audit log is closed"};
        if (!keys_ || !signer_)
            return Error{Errc::unavailable, "the log has no key to sign what is deleted"};
        intent.origin = keys_->origin();
        signer = signer_;
    }
    const auto told = tell_pruned(pruned);
    if (!told) return told.error();
    if (*told) intent.state = PruneIntent::State::told;
    const bool both = pruning_ && pruning_->state == PruneIntent::State::untold;
    if (both) intent = intent.after(*pruning_);
    if (auto written = prune_file_.write(intent, *signer); !written) {
        // Without it nothing would tell of what goes.
        if (!*told) return written.error();
        log::warn("audit.prune_intent",
                  {{"error", to_text(written.error())}, {"deletion", "is on record, and goes on"}});
    }
    pruning_ = std::move(intent);
    return {};
}

/// Says whether it is on record now: a log that has failed takes none.
Result<bool> Log::Writer::tell_pruned(const Pruned& pruned) {
    Sequence sequence = 0;
    {
        const std::lock_guard lock(compose_mutex_);
        if (closed_) return Error{Errc::closed, "the audit log is closed"};
        if (!accepts_locked()) return false;
        const auto untaken = joined_names(pruned.untaken);
        const auto youngest = pruned.youngest ? to_rfc3339(*pruned.youngest) : std::string();
        sequence = composer_->append_always(LogPruned{.first = pruned.first,
                                                      .reason = pruned.reason,
                                                      .policy = pruned.policy,
                                                      .who = pruned.who,
                                                      .segments = pruned.segments,
                                                      .bytes = pruned.bytes,
                                                      .disclosures = pruned.disclosures,
                                                      .untaken = untaken,
                                                      .youngest = youngest},
                                            clock_->now());
    }
    if (auto sealed = write_sealed(sequence); !sealed) return sealed.error();
    return true;
}

/// What a process before this one intended, if the log is still the same. With upkeep_mutex_ held.
void Log::Writer::look_for_pruning() {
    std::optional<LogKeys> keys;
    {
        const std::lock_guard lock(compose_mutex_);
        keys = keys_;
    }
    if (!keys) return;
    if (pruning_ && pruning_->origin != keys->origin()) pruning_.reset();  // that was put aside
    // What is in hand is finished first; an error that goes away is no reason never to look again.
    if (pruning_ || prune_file_.looked_at()) return;
    auto found = prune_file_.read(*keys);
    if (!found) {
        const bool unread = !prune_file_.looked_at();
        return log::error("audit.pruned_unknown",
                          {{"error", to_text(found.error())},
                           {"do", unread ? "see that the file can be read: before, a failed log "
                                           "deletes nothing"
                                         : "run audit verify; if records are missing, they were "
                                           "deleted by somebody else, or by a log that was put "
                                           "aside"}});
    }
    if (*found && (*found)->state != PruneIntent::State::done) pruning_ = std::move(*found);
}

/// Puts on record what is not, if the log takes records, and removes what is still there. With
/// upkeep_mutex_ held.
Result<void> Log::Writer::finish_pruning() {
    look_for_pruning();
    if (!pruning_) return {};
    if (pruning_->state == PruneIntent::State::untold) {
        const auto told = tell_pruned(pruning_->pruned);
        if (!told) return told.error();
        if (*told) pruning_->state = PruneIntent::State::told;
    }
    if (auto removed = remove_pruned(pruning_->pruned); !removed) return removed;
    if (pruning_->state == PruneIntent::State::untold) return {};
    pruning_->state = PruneIntent::State::done;
    const auto done = *std::exchange(pruning_, std::nullopt);
    std::optional<tlog::Signer> signer;
    {
        const std::lock_guard lock(compose_mutex_);
        signer = signer_;
    }
    if (!signer) return {};
    // Otherwise the next start looks once more.
    if (auto written = prune_file_.write(done, *signer); !written)
        log::warn("audit.prune_intent", {{"error", to_text(written.error())}});
    return {};
}

/// Not if the log has not the segments that were to stay, as one that was copied back.
Result<void> Log::Writer::remove_pruned(const Pruned& pruned) {
    const auto segments = list_segments(settings_.folder);
    if (!segments) return segments.error();
    const auto has = [&](Sequence first) {
        return std::ranges::find(*segments, first, &Segment::first) != segments->end();
    };
    if (has(pruned.first))
        if (auto removed = remove_before(settings_.folder, pruned.first); !removed) return removed;
    if (pruned.disclosures > 0 && has(pruned.disclosed_from))
        return remove_disclosures_before(settings_.folder, pruned.disclosed_from);
    return {};
}

/// When the log begins to work, again or for the first time.
void Log::Writer::go_on_pruning() {
    look_for_pruning();  // before the file is made anew, if it is torn
    if (auto prepared = prune_file_.prepare(); !prepared)
        log::warn("audit.prune_intent", {{"error", to_text(prepared.error())},
                                         {"do",
                                          "make room, and see that it can be read: without this "
                                          "file a failed log deletes nothing"}});
    if (auto finished = finish_pruning(); !finished)
        log::error("audit.pruning_unfinished",
                   {{"error", to_text(finished.error())}, {"now", "it is tried again"}});
}

}  // namespace sallyport::audit
