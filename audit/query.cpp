#include "audit/query.hpp"

#include "audit/query_filter.hpp"
#include "audit/query_scan.hpp"
#include "audit/segment_span.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <thread>

namespace sallyport::audit {
namespace {

/// Segments that are read at the same time.
constexpr std::size_t threads_max = 8;
/// Of these, together, where all records may be asked for and so be held in memory; one is read
/// whatever it has.
constexpr std::uint64_t broad_bytes_max = 96 * 1024 * 1024;
/// So much smaller is a compressed segment, about.
constexpr std::uint64_t compression_factor = 12;

std::uint64_t records_bytes(const Segment& segment) {
    return segment.compressed() ? segment.bytes * compression_factor : segment.bytes;
}

/// Whether it asks for all records of some time.
bool is_broad(const Filter& filter) {
    const auto given = {&filter.event,        &filter.exchange, &filter.tenant,    &filter.client,
                        &filter.user,         &filter.method,   &filter.path,      &filter.rule,
                        &filter.virtual_host, &filter.function, &filter.operation, &filter.outcome,
                        &filter.decision,     &filter.agent,    &filter.trace};
    return !filter.location &&
           std::ranges::all_of(given, [](const std::string* text) { return text->empty(); });
}

bool finding_matches(const Filter& filter, const Finding& finding) {
    const auto& first = finding.records.front();
    // An operation of LDAP has no end of its own: it is allowed or refused.
    const auto outcome = first.event == event::ldap_operation ? "decision" : "outcome";
    return in_range(filter, first) && access_matches(filter, finding) &&
           wanted(filter.outcome, finding.text(outcome));
}

/// Reads segments on threads of their own, a few at a time, and puts together in the order of the
/// log what they found.
class Query {
public:
    Query(const std::vector<Segment>& segments, Filter filter,
          const std::function<bool(const Finding&)>& emit, const QueryLimits* limits)
        : segments_(segments),
          filter_(std::move(filter)),
          emit_(emit),
          limits_(limits),
          spans_(segments) {}

    Result<QuerySummary> run() {
        const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
        const auto at_once = limits_ != nullptr ? 1 : std::min(cores, threads_max);
        const bool broad = is_broad(filter_);
        for (std::size_t i = 0; i < segments_.size() && !stopped_; ++i) {
            if (limits_ != nullptr)  // what was found decides how it goes on
                if (auto put = put_all(); !put) return put.error();
            const auto passed = is_out_of_range(i);
            if (!passed) return passed.error();
            if (*passed) continue;
            const auto may_read = has_room_for_segment(i);
            if (!may_read) return may_read.error();
            if (!*may_read) break;
            const auto bytes = records_bytes(segments_[i]);
            const auto is_enough = [&] {
                return reading_.size() >= at_once ||
                       (broad && !reading_.empty() && reading_bytes_ + bytes > broad_bytes_max);
            };
            while (is_enough())
                if (auto put = put_next(); !put) return put.error();
            sizes_.push_back(bytes);
            reading_bytes_ += bytes;
            reading_.push_back(read(i));
        }
        if (auto put = put_all(); !put) return put.error();
        for (auto& [sequence, begin] : waiting_) emit(std::move(begin));
        return summary_;
    }

private:
    std::future<Result<SegmentFindings>> read(std::size_t index) {
        if (limits_ != nullptr)
            return std::async(std::launch::deferred, [this, index] {
                return scan_segment(segments_[index], filter_, limits_->held_bytes);
            });
        return std::async(std::launch::async | std::launch::deferred,
                          [this, index] { return scan_segment(segments_[index], filter_); });
    }

    bool is_behind(std::size_t index) {
        return (filter_.to && segments_[index].first > *filter_.to) ||
               (filter_.until && spans_.begins_at_or_after(index, *filter_.until));
    }

    /// An exchange counts by its begin, so behind what is asked for only ends matter, as long as a
    /// begin waits for one.
    Result<bool> is_out_of_range(std::size_t index) {
        if (filter_.since && spans_.ends_before(index, *filter_.since)) return true;
        if (filter_.from && index + 1 < segments_.size() &&
            segments_[index + 1].first <= *filter_.from)
            return true;
        if (!is_behind(index)) return false;
        if (auto put = put_all(); !put) return put.error();
        return waiting_.empty();
    }

    /// Whether the limits let one more be read: for begins, or for ends of those that wait.
    Result<bool> has_room_for_segment(std::size_t index) {
        if (limits_ == nullptr) return true;
        if (limits_->stop && limits_->stop())
            return Error{Errc::aborted, "nobody waits for what is found any more"};
        if (!is_behind(index)) {
            if (++read_ <= limits_->segments) return true;
            go_on_at(segments_[index].first);
        }
        if (waiting_.empty()) return false;
        if (++read_behind_ <= limits_->segments_behind) return true;
        summary_.ends_unread = waiting_.size();
        return false;
    }

    /// Leaves this and what is behind it to whoever asks again.
    void go_on_at(Sequence sequence) {
        if (summary_.next && *summary_.next <= sequence) return;
        summary_.next = sequence;
        filter_.to = sequence - 1;
    }

    /// Whether the limits let one more begin or single record be taken; they come in their order.
    bool has_room(const Candidate& candidate) {
        if (limits_ == nullptr) return true;
        const auto sequence = candidate.record->sequence;
        if (filter_.to && sequence > *filter_.to) return false;
        const auto taken = summary_.found + waiting_.size();
        const auto bytes = found_bytes_ + waiting_bytes_ + candidate.line.size();
        const bool fits = taken == 0 || (taken < limits_->findings && bytes <= limits_->bytes);
        if (!fits) go_on_at(sequence);
        return fits;
    }

    Result<void> put_all() {
        while (!reading_.empty())
            if (auto put = put_next(); !put) return put;
        return {};
    }

    Result<void> put_next() {
        auto found = reading_.front().get();
        reading_.pop_front();
        reading_bytes_ -= sizes_.front();
        sizes_.pop_front();
        if (!found) return found.error();
        summary_.unreadable += found->unreadable;
        summary_.damaged += found->damaged ? 1 : 0;
        if (found->left_out) go_on_at(*found->left_out);
        for (auto& candidate : found->candidates) {
            if (stopped_) return {};
            take(std::move(candidate));
            if (waiting_bytes_ > query_waiting_bytes_max)
                return Error{Errc::limit,
                             "too many exchanges without an end match; ask for less, e.g. with "
                             "--since and --until"};
        }
        return {};
    }

    void take(Candidate candidate) {
        if (candidate.kind == Candidate::Kind::end) return take_end(std::move(candidate));
        if (!has_room(candidate)) return;
        if (candidate.kind == Candidate::Kind::single) return emit(single(std::move(candidate)));
        waiting_bytes_ += candidate.line.size();
        const auto sequence = candidate.record->sequence;
        waiting_.insert_or_assign(sequence, single(std::move(candidate)));
    }

    static Finding single(Candidate candidate) {
        Finding finding;
        finding.records.push_back(std::move(*candidate.record));
        finding.lines.push_back(std::move(candidate.line));
        return finding;
    }

    void take_end(Candidate end) {
        if (end.begin < segments_.front().first) {  // that was before this log begins
            if (end.record && has_room(end)) emit(single(std::move(end)));
            return;
        }
        const auto found = waiting_.find(end.begin);
        if (found == waiting_.end()) return;  // its begin did not match
        auto finding = std::move(found->second);
        waiting_.erase(found);
        waiting_bytes_ -= finding.lines.front().size();
        if (!end.record) return;
        finding.records.push_back(std::move(*end.record));
        finding.lines.push_back(std::move(end.line));
        emit(std::move(finding));
    }

    void emit(Finding finding) {
        if (stopped_ || !finding_matches(filter_, finding)) return;
        ++summary_.found;
        for (const auto& line : finding.lines) found_bytes_ += line.size();
        stopped_ = !emit_(finding);
    }

    const std::vector<Segment>& segments_;
    Filter filter_;
    const std::function<bool(const Finding&)>& emit_;
    const QueryLimits* limits_;    // none: nullptr
    std::size_t read_ = 0;         // segments, for begins
    std::size_t read_behind_ = 0;  // and for ends
    std::size_t found_bytes_ = 0;
    SegmentSpans spans_;
    QuerySummary summary_;
    std::map<Sequence, Finding> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool stopped_ = false;
    std::deque<std::uint64_t> sizes_;                           // of what is being read
    std::uint64_t reading_bytes_ = 0;                           // their sum
    std::deque<std::future<Result<SegmentFindings>>> reading_;  // last: they use all of the above
};

}  // namespace

std::string_view Finding::text(std::string_view key) const {
    for (auto record = records.rbegin(); record != records.rend(); ++record)
        if (const auto value = record->text(key); !value.empty()) return value;
    return {};
}

std::optional<std::uint64_t> Finding::number(std::string_view key) const {
    for (auto record = records.rbegin(); record != records.rend(); ++record)
        if (const auto value = record->number(key)) return value;
    return std::nullopt;
}

bool matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::optional<std::size_t> star;  // the last one, and where its text began
    std::size_t star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
            continue;
        }
        if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
            continue;
        }
        if (!star) return false;
        p = *star + 1;
        t = ++star_text;
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

Result<QuerySummary> query(const std::filesystem::path& folder, const Filter& filter,
                           const std::function<bool(const Finding&)>& emit,
                           const QueryLimits* limits) {
    const auto segments = list_segments(folder);
    if (!segments) return segments.error();
    return Query(*segments, filter, emit, limits).run();
}

}  // namespace sallyport::audit
