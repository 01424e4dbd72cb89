#include "audit/verify_identity.hpp"

#include "audit/record_fields.hpp"

#include <algorithm>

namespace sallyport::audit {

void IdentityCheck::take(const Record& record) {
    if (record.event == event::log_opened && !record.text("vkey").empty())
        starts_.push_back({record.sequence, std::string(record.text("origin")),
                           std::string(record.text("vkey"))});
    if (record.event == event::log_key_changed) new_keys_.emplace_back(record.text("after"));
    if (!predecessor_) predecessor_ = predecessor_of(record);
    if (record.event != "log.pruned") return;
    // Anybody can have written what is not below the checkpoint that the log that followed names.
    if (told_ && record.sequence >= told_->size) return;
    const auto first = record.number("first");
    if (first && (!pruned_ || *first >= pruned_->first))
        pruned_ = Pruned{*first, std::string(record.text("policy")), record.time};
}

void IdentityCheck::compare(Report& report) const {
    report.predecessor = predecessor_;
    if (predecessor_) report.notes.insert(report.notes.begin(), describe(*predecessor_));
    compare_beginning(report);
    compare_keys(report);
    const auto next = report.last ? *report.last + 1 : 0;
    if (report.seal.sealed && report.good() && next > report.seal.size)
        report.notes.push_back("the newest " + std::to_string(next - report.seal.size) +
                               " records are not signed yet");
}

/// The beginning of a log may be missing if it was pruned, and what is left says so.
void IdentityCheck::compare_beginning(Report& report) const {
    if (!report.first || *report.first == 0) return;
    const auto first = std::to_string(*report.first);
    if (ranged_) {
        report.notes.push_back("records before " + first + " were not looked at");
        return;
    }
    if (report.seal.begins_signed && pruned_ && pruned_->first >= *report.first) {
        report.notes.push_back("records 0 to " + std::to_string(*report.first - 1) +
                               " were pruned by policy (" + pruned_->policy + "), the last time " +
                               to_rfc3339(pruned_->time) + "; what follows them is signed");
        return;
    }
    report.add({.file = {},
                .text = "the log begins with record " + first +
                        ": the records before it are missing, and no record says that they were "
                        "pruned",
                .verdict = verdict::sequence});
}

void IdentityCheck::compare_keys(Report& report) const {
    const auto& seal = report.seal;
    const auto wrong = [&](std::string text) {
        report.add({.file = "vkeys", .text = std::move(text), .verdict = verdict::key});
    };
    if (!seal.sealed) {
        if (!starts_.empty() && report.good())
            wrong("record " + std::to_string(starts_.front().sequence) +
                  " names the key of this log, but there is no list of keys");
        return;
    }
    for (const auto& start : starts_) {
        const bool known = std::ranges::find(seal.vkeys, start.vkey) != seal.vkeys.end();
        if (start.origin == seal.origin && known) continue;
        wrong("record " + std::to_string(start.sequence) + " names another key: " + start.vkey);
    }
    const bool whole = !ranged_ && report.first.value_or(0) == 0;
    for (std::size_t i = 1; i < seal.vkeys.size() && whole; ++i)
        if (std::ranges::find(new_keys_, seal.vkeys[i]) == new_keys_.end())
            wrong("no record tells of the change to " + seal.vkeys[i]);
}

}  // namespace sallyport::audit
