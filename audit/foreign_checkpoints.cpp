#include "audit/foreign_checkpoints.hpp"

#include "base/error.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/note.hpp"
#include "tlog/spelling.hpp"

#include <algorithm>

namespace sallyport::audit {

ForeignCheckpoints::ForeignCheckpoints(const LogKeys& keys, const VerifyOptions& options) {
    for (std::string_view text : options.checkpoints) {
        while (const auto note = tlog::take_note(text)) take(*note, keys, options);
        if (!text.empty()) problem(verdict::signature, "something in it is no checkpoint");
    }
    if (options.told) take(*options.told, keys);
    std::ranges::sort(waiting_, std::greater(), &Foreign::size);
}

void ForeignCheckpoints::take(std::string_view text, const LogKeys& keys,
                              const VerifyOptions& options) {
    const auto note = tlog::Note::parse(text);
    const auto checkpoint =
        note ? tlog::Checkpoint::parse(note->text) : Result<tlog::Checkpoint>(note.error());
    if (!checkpoint)
        return problem(verdict::signature,
                       "a checkpoint cannot be read: " + to_text(checkpoint.error()));
    if (checkpoint->origin != keys.origin())
        return problem(verdict::key, "a checkpoint is of another log, " + checkpoint->origin +
                                         "; this one is " + keys.origin());
    const auto witnesses = note->verify(options.witnesses);
    if (!options.witnesses.empty() && !witnesses)
        return problem(verdict::signature, "the checkpoint of " + std::to_string(checkpoint->size) +
                                               " records has no good signature of a witness");
    const auto own = options.keys.empty() ? keys.all() : options.keys;
    auto signers = note->verify(own);
    if (signers)
        std::erase_if(*signers,
                      [&](std::size_t i) { return !keys.good_for(own[i], checkpoint->size); });
    // Also beside a witness: who is a witness of this log is not who writes it.
    if (!signers || signers->empty())
        return problem(verdict::signature,
                       "the checkpoint of " + std::to_string(checkpoint->size) +
                           " records has no good signature of a key of the log that is known and "
                           "was in use");
    const auto by = witnesses ? options.witnesses[witnesses->front()].name() : keys.origin();
    waiting_.push_back({checkpoint->size, checkpoint->root, by, witnesses.has_value()});
}

/// Of a log that was put aside: what was signed of it stands in the log that followed, where who
/// changes the one that was put aside cannot reach it unseen.
void ForeignCheckpoints::take(const Predecessor& told, const LogKeys& keys) {
    if (!told.origin.empty() && told.origin != keys.origin())
        return problem(verdict::key,
                       "the log that was put aside here is " + told.origin +
                           ", as the one that "
                           "followed it says; this one is " +
                           keys.origin(),
                       {});
    const auto root = tlog::parse_hash(told.root);
    if (!root)
        return problem(verdict::signature,
                       "the log that followed names a checkpoint that cannot be read: " +
                           to_text(root.error()),
                       {});
    waiting_.push_back(
        {told.size, *root, keys.origin() + " (as the log that followed it says)", false, {}});
}

void ForeignCheckpoints::own(const tlog::Checkpoint& checkpoint) {
    const auto same = std::erase_if(waiting_, [&](const Foreign& foreign) {
        return foreign.file != given && foreign.size == checkpoint.size &&
               foreign.root == checkpoint.root;
    });
    if (same > 0)
        notes_.push_back("its checkpoint of " + std::to_string(checkpoint.size) +
                         " records is the one that the log that followed it names");
}

void ForeignCheckpoints::reach(const tlog::Range& range) {
    while (!waiting_.empty() && waiting_.back().size <= range.end()) {
        const auto foreign = std::move(waiting_.back());
        waiting_.pop_back();
        const auto records = std::to_string(foreign.size);
        if (foreign.size < range.end()) {
            missed_.push_back(foreign);
            continue;
        }
        if (foreign.root != range.root()) {
            problem(verdict::fork,
                    "the first " + records + " records are not the ones that " + foreign.by +
                        " signed: somebody wrote another log",
                    foreign.file);
            continue;
        }
        if (foreign.witnessed) witnessed_ = foreign.size;
        notes_.push_back("the first " + records + " records are the ones that " + foreign.by +
                         " signed");
    }
}

void ForeignCheckpoints::finish(std::optional<std::uint64_t> size, LeftOut left_out) {
    for (const auto& foreign : missed_) {
        const auto records = "the checkpoint of " + std::to_string(foreign.size) +
                             " records that " + foreign.by + " signed was not compared: ";
        if (left_out.before)
            notes_.push_back(records + "--since-seq leaves out those records");
        else if (witnessed_ > foreign.size)
            notes_.push_back(records +
                             "those records are not there any more; a witness has "
                             "signed what followed them");
        else
            problem(verdict::not_compared,
                    records +
                        "those records are not there any more, so that nothing shows that "
                        "what is there follows them; give a newer one, of a witness",
                    foreign.file);
    }
    for (const auto& foreign : waiting_) {
        const auto records = foreign.by + " signed " + std::to_string(foreign.size) + " records";
        if (left_out.behind)
            notes_.push_back(records + ": not all of them were looked at");
        else if (size)
            problem(verdict::truncated, records + ", the log has " + std::to_string(*size),
                    foreign.file);
        else
            notes_.push_back(records + ": they cannot be compared, see the problems");
    }
    waiting_.clear();
}

}  // namespace sallyport::audit
