#include "audit/disclosure_check.hpp"

#include "audit/record_fields.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace sallyport::audit {

Result<std::vector<std::string>> DisclosureCheck::check(const Segment& segment,
                                                        const Record& record) {
    if (!reader_ || first_ != segment.first) open(segment);
    hear(record);
    const auto disclosures = reader_->of(record.sequence);
    if (!disclosures) return disclosures.error();
    std::vector<std::string> wrong;
    std::vector<Told> told;
    for (const auto& disclosure : *disclosures) {
        const auto committed = record.text(commitment_key(disclosure.field));
        const bool right = commitment(disclosure.salt, disclosure.value) == committed;
        told.push_back({disclosure.field, right});
        if (right) continue;
        wrong.push_back(disclosures_name(segment.first) + " says of record " +
                        std::to_string(record.sequence) + " a \"" + disclosure.field +
                        "\" that is not the one that was recorded");
    }
    count(record, told);
    return wrong;
}

void DisclosureCheck::open(const Segment& segment) {
    const auto path = disclosures_path(segment);
    std::error_code ignored;
    file_ = std::filesystem::exists(path, ignored);
    reader_.emplace(path);
    first_ = segment.first;
}

void DisclosureCheck::count(const Record& record, std::span<const Told> told) {
    static const auto keys = [] {
        std::array<std::string, personal_fields.size()> made;
        std::ranges::transform(personal_fields, made.begin(), commitment_key);
        return made;
    }();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (record.text(keys[i]).empty()) continue;
        bool is_told = false;
        bool right = false;
        for (const auto& value : told) {
            if (value.field != personal_fields[i]) continue;
            is_told = true;
            right = right || value.right;
        }
        if (is_told) {
            ++(right ? found_.present : found_.falsified);
            continue;
        }
        if (absent_.empty() || absent_.back().first != first_)
            absent_.push_back({.first = first_, .file = file_});
        ++absent_.back().values;
    }
}

/// What records say of what is not there any more. A repair may tell of an erasure twice.
void DisclosureCheck::hear(const Record& record) {
    if (record.event == event::log_pruned)
        files_pruned_ += record.number("disclosures").value_or(0);
    if (record.event != event::audit_erased) return;
    auto& values = erasures_[std::string(record.text("subject_c"))];
    values = std::max(values, record.number("count").value_or(0));
}

/// Records say how many values and files went, not which: the oldest files go first.
PersonalReport DisclosureCheck::report() const {
    auto report = found_;
    auto files = files_pruned_;
    std::uint64_t left = 0;
    for (const auto& absent : absent_) {
        const bool pruned = !absent.file && files > 0;
        if (pruned) --files;
        (pruned ? report.erased : left) += absent.values;
    }
    std::uint64_t told = 0;
    for (const auto& [subject, values] : erasures_) told += std::min(values, left);
    const auto erased = std::min(left, told);
    report.erased += erased;
    report.missing = left - erased;
    return report;
}

}  // namespace sallyport::audit
