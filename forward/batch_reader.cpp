#include "forward/batch_reader.hpp"

#include "audit/disclosure.hpp"
#include "audit/query.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::forward {

Result<BatchReader::Place> BatchReader::seek() {
    const auto reached = source_.seek(bytes_max);
    if (!reached) return reached.error();
    return Place{*reached, source_.position(), source_.log_changed()};
}

Result<BatchReader::Batch> BatchReader::read() {
    Batch batch;
    auto taken = Result<void>();
    const auto ended = source_.read(bytes_max, [&](audit::Sequence, std::string_view line) {
        if (taken) taken = take(line, batch);
    });
    if (!ended) return ended.error();
    if (!taken) return taken.error();
    batch.at_end = *ended;
    batch.position = source_.position();
    batch.skipped = source_.skipped() - std::exchange(skipped_before_, source_.skipped());
    return batch;
}

Result<void> BatchReader::take(std::string_view line, Batch& batch) {
    auto text = personal_ ? with_names(line) : Result<std::string>(std::string(line));
    if (!text) return text.error();
    auto record = audit::parse_record(*text);
    // What is no record is the business of `verify`.
    if (record && wants(*record)) batch.items.push_back({std::move(*record), std::move(*text)});
    return {};
}

Result<std::string> BatchReader::with_names(std::string_view line) {
    const auto& segment = source_.segment();
    if (!names_ || names_of_ != segment.first) {
        names_.emplace(audit::disclosures_path(segment));
        names_of_ = segment.first;
    }
    return audit::join(line, *names_);
}

bool BatchReader::wants(const audit::Record& record) const {
    return std::ranges::any_of(
        events_, [&](const std::string& pattern) { return audit::matches(pattern, record.event); });
}

}  // namespace sallyport::forward
