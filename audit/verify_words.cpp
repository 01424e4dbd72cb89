// What a report proves, for people.
#include "audit/verify.hpp"

#include <algorithm>

namespace sallyport::audit {
namespace {

std::string of_a_log_that_is_not_sealed() {
    return "Proved: no record was edited, inserted, removed, repeated or moved without rewriting "
           "every record after it.\n"
           "Not proved: that nobody rewrote the whole chain (this log has no checkpoints), and "
           "that "
           "the newest records were not cut off. Keep the last sequence and digest elsewhere and "
           "compare them later: records up to there cannot be changed or cut off unnoticed.\n";
}

std::string of_a_sealed_log(const Report& report) {
    const auto& seal = report.seal;
    if (seal.size == 0) return "Proved: nothing, no checkpoint covers a record.\n";
    std::string text = "Proved: the records below " + std::to_string(seal.size) +
                       " are, byte by byte and in this order, the ones that were signed: none was "
                       "edited, inserted, removed, repeated or moved.\n";
    if (seal.witnessed > 0)
        text += "Proved: a witness has signed the first " + std::to_string(seal.witnessed) +
                " of them as well, so not even who has the key of this log could replace those.\n";
    text += "Not proved: ";
    if (!seal.keys_known)
        text +=
            "that the key is the right one: it is the one that the log names itself. Compare it "
            "with one that was kept elsewhere (--vkey):\n  " +
            seal.vkeys.back() + "\nNot proved: ";
    text +=
        "that records behind the newest checkpoint that somebody else holds were not cut off or "
        "written anew, together with their checkpoints (--checkpoint), and that what was recorded "
        "is true.\n";
    return text;
}

/// What is signed is proved, whatever became of the rest.
bool is_only_unsigned(const Report& report) {
    return std::ranges::all_of(report.problems, [](const Problem& problem) {
        return problem.verdict == verdict::not_signed;
    });
}

/// Nothing in the log is wrong by itself, but what was given does not fit it.
bool is_only_given(const Report& report) {
    return std::ranges::all_of(report.problems, [](const Problem& problem) {
        const bool of_the_log =
            problem.verdict == verdict::fork || problem.verdict == verdict::truncated;
        return problem.file.starts_with("--") && !of_the_log;
    });
}

}  // namespace

std::string what_is_proved(const Report& report) {
    if (report.records == 0) return "Proved: nothing, there is no record.\n";
    if (!report.good() && is_only_given(report))
        return "Proved: nothing by what was given, which does not fit this log (see above). Either "
               "it is not what you meant to give, or this log was put in the place of the one "
               "that you have kept something of.\n";
    if (!report.good() && !is_only_unsigned(report))
        return "Proved: this is not the log as it was written. Nothing can be said about the "
               "records from the first problem on; those before it hang together.\n";
    return report.seal.sealed ? of_a_sealed_log(report) : of_a_log_that_is_not_sealed();
}

}  // namespace sallyport::audit
