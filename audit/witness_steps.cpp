#include "audit/witness_steps.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/line_reader.hpp"
#include "audit/segment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <cassert>

namespace sallyport::audit {
namespace {

/// Reads records in their order, from the segment on that has the first one.
class Way {
public:
    Way(const std::filesystem::path& folder, std::uint64_t size, const WitnessStep& newest,
        const LogKeys& keys)
        : folder_(folder), size_(size), newest_(newest), keys_(keys) {}

    Result<WayOn> read() {
        auto segments = list_segments(folder_);
        if (!segments) return segments.error();
        segments_ = std::move(*segments);
        const auto after = std::ranges::upper_bound(segments_, size_, {}, &Segment::first);
        if (after == segments_.begin())
            return Error{Errc::not_found,
                         "record " + std::to_string(size_) + " is not kept any more"};
        if (auto begun = begin(*std::prev(after)); !begun) return begun.error();
        for (auto segment = std::prev(after); segment != segments_.end() && next_ < end();
             ++segment)
            if (auto done = read_segment(*segment); !done) return done.error();
        return finish();
    }

private:
    std::uint64_t end() const { return newest_.range.end(); }
    Result<void> begin(const Segment& segment);
    Result<void> read_segment(const Segment& segment);
    Result<void> take(std::string_view line);
    Result<WayOn> finish();
    Result<std::string> checkpoints_of(std::uint64_t segment) const;
    Result<WitnessStep> key_change_at(std::uint64_t size) const;
    bool key_changes_at(std::uint64_t size) const {
        return std::ranges::any_of(keys_.known(), [&](const auto& known) {
            return known.since == size && &known != &keys_.known().front();
        });
    }

    const std::filesystem::path& folder_;
    const std::uint64_t size_;
    const WitnessStep& newest_;
    const LogKeys& keys_;
    std::vector<Segment> segments_;
    std::uint64_t next_ = 0;
    tlog::Range since_{0};
    WayOn way_;
};

Result<std::string> Way::checkpoints_of(std::uint64_t segment) const {
    return read_file(folder_ / checkpoint_file_name(segment), checkpoint_file_bytes_max);
}

/// With what the records of the segment stand on.
Result<void> Way::begin(const Segment& segment) {
    next_ = segment.first;
    since_ = tlog::Range(size_);
    if (segment.first == 0) return {};
    const auto content = checkpoints_of(segment.first);
    if (!content) return content.error();
    const auto spans = split_notes(*content);
    if (spans.notes.empty())
        return Error{Errc::not_found,
                     checkpoint_file_name(segment.first) + " has no opening checkpoint"};
    const auto opening = keys_.verify(spans.notes.front());
    if (!opening) return opening.error();
    auto range = opening->checkpoint.range();
    if (!range || range->end() != segment.first)
        return Error{Errc::untrusted, checkpoint_file_name(segment.first) +
                                          " does not begin with its opening checkpoint"};
    way_.old = std::move(*range);
    return {};
}

Result<void> Way::read_segment(const Segment& segment) {
    if (segment.first != next_)
        return Error{Errc::untrusted, "record " + std::to_string(next_) + " is missing"};
    auto lines = LineReader::open(segment.path);
    if (!lines) return lines.error();
    while (next_ < end()) {
        const auto line = lines->next();
        if (!line) return line.error();
        if (!*line) return {};
        if (!(*line)->whole || !(*line)->fits())
            return Error{Errc::untrusted, "record " + std::to_string(next_) + " is not whole"};
        if (auto taken = take((*line)->bytes); !taken) return taken;
    }
    return {};
}

Result<void> Way::take(std::string_view line) {
    auto& range = next_ < size_ ? way_.old : since_;
    range.append(tlog::leaf_hash(as_bytes(line)));
    ++next_;
    if (next_ <= size_ || next_ == end() || !key_changes_at(next_)) return {};
    auto change = key_change_at(next_);
    if (!change) return change.error();
    change->range = std::exchange(since_, tlog::Range(next_));
    add_step(way_.steps, *change);
    return {};
}

/// The checkpoint of this size that two keys have signed.
Result<WitnessStep> Way::key_change_at(std::uint64_t size) const {
    const auto after = std::ranges::lower_bound(segments_, size, {}, &Segment::first);
    const auto segment = after == segments_.begin() ? 0 : std::prev(after)->first;
    const auto content = checkpoints_of(segment);
    if (!content) return content.error();
    for (const auto note : split_notes(*content).notes) {
        const auto read = keys_.verify(note);
        if (read && read->checkpoint.size == size && read->signers.size() > 1)
            return WitnessStep{
                .note = std::string(note), .range = tlog::Range(size), .key_changed = true};
    }
    return Error{Errc::not_found, "the checkpoint at the change of the key, of " +
                                      std::to_string(size) + " records, is missing"};
}

Result<WayOn> Way::finish() {
    if (next_ < end())
        return Error{Errc::untrusted, "record " + std::to_string(next_) + " is missing"};
    auto last = newest_;
    last.range = since_;
    add_step(way_.steps, last);
    auto all = way_.old;
    for (const auto& step : way_.steps)
        if (auto joined = all.append(step.range); !joined) return joined.error();
    if (all != newest_.range)
        return Error{Errc::untrusted, "the records in the files are not those that were signed"};
    return std::move(way_);
}

}  // namespace

void grow(WitnessStep& step, const WitnessStep& next) {
    [[maybe_unused]] const auto joined = step.range.append(next.range);
    assert(joined);
    step.note = next.note;
    step.key_changed = next.key_changed;
}

void add_step(std::vector<WitnessStep>& steps, const WitnessStep& next, bool may_grow) {
    const bool grows = !steps.empty() && may_grow &&
                       (!steps.back().key_changed || steps.size() >= witness_steps_max);
    if (grows) return grow(steps.back(), next);
    steps.push_back(next);
}

Result<WayOn> read_way_on(const std::filesystem::path& folder, std::uint64_t size,
                          const WitnessStep& newest, const LogKeys& keys) {
    return Way(folder, size, newest, keys).read();
}

}  // namespace sallyport::audit
