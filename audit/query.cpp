#include "audit/query.hpp"

#include "audit/reader.hpp"
#include "audit/record_fields.hpp"
#include "base/error.hpp"

#include <map>

namespace sallyport::audit {
namespace {

bool wanted(const std::string& pattern, std::string_view value) {
    return pattern.empty() || matches(pattern, value);
}

bool in_time(const Filter& filter, WallTime time) {
    return (!filter.since || time >= *filter.since) && (!filter.until || time < *filter.until);
}

/// Everything but the outcome, which stands in the end, and the event.
template <class Fields>  // Record or Finding
bool access_matches(const Filter& filter, const Fields& fields) {
    return wanted(filter.exchange, fields.text("exchange")) &&
           wanted(filter.tenant, fields.text("tenant")) &&
           wanted(filter.client, fields.text("client")) &&
           wanted(filter.user, fields.text("user")) &&
           wanted(filter.virtual_host, fields.text("virtual_host")) &&
           wanted(filter.method, fields.text("method")) &&
           wanted(filter.path, fields.text("path")) && wanted(filter.rule, fields.text("rule"));
}

bool finding_matches(const Filter& filter, const Finding& finding) {
    return in_time(filter, finding.records.front().time) && access_matches(filter, finding) &&
           wanted(filter.outcome, finding.text("outcome"));
}

class Query {
public:
    Query(const Filter& filter, const std::function<bool(const Finding&)>& emit)
        : filter_(filter), emit_(emit) {}

    Result<QuerySummary> run(Reader reader) {
        while (!stopped_) {
            const auto line = reader.next();
            if (!line) return line.error();
            if (!*line) break;
            if (!(*line)->whole) continue;
            auto record = parse_record((*line)->bytes);
            if (!record) {
                ++summary_.unreadable;
                continue;
            }
            if (!first_) first_ = record->sequence;
            take(std::move(*record), (*line)->bytes);
            if (waiting_bytes_ > query_waiting_bytes_max)
                return Error{Errc::limit,
                             "too many exchanges without an end match; ask for less, e.g. with "
                             "--since and --until"};
        }
        for (auto& [sequence, begin] : waiting_) emit(std::move(begin));
        return summary_;
    }

private:
    void take(Record record, std::string_view line) {
        const bool paired = filter_.event.empty();
        if (!paired && !matches(filter_.event, record.event)) return;
        if (paired && record.event == event::exchange_begin)
            return take_begin(std::move(record), line);
        if (paired && record.event == event::exchange_end) return take_end(std::move(record), line);
        emit(single(std::move(record), line));
    }

    static Finding single(Record record, std::string_view line) {
        Finding finding;
        finding.records.push_back(std::move(record));
        finding.lines.emplace_back(line);
        return finding;
    }

    void take_begin(Record record, std::string_view line) {
        if (!in_time(filter_, record.time) || !access_matches(filter_, record)) return;
        waiting_bytes_ += line.size();
        const auto sequence = record.sequence;
        waiting_.insert_or_assign(sequence, single(std::move(record), line));
    }

    void take_end(Record record, std::string_view line) {
        const auto begin = record.number("begin");
        if (!begin || *begin < *first_) return emit(single(std::move(record), line));
        const auto found = waiting_.find(*begin);
        if (found == waiting_.end()) return;  // its begin did not match
        auto finding = std::move(found->second);
        waiting_.erase(found);
        waiting_bytes_ -= finding.lines.front().size();
        finding.records.push_back(std::move(record));
        finding.lines.emplace_back(line);
        emit(std::move(finding));
    }

    void emit(Finding finding) {
        if (stopped_ || !finding_matches(filter_, finding)) return;
        ++summary_.found;
        stopped_ = !emit_(finding);
    }

    const Filter& filter_;
    const std::function<bool(const Finding&)>& emit_;
    QuerySummary summary_;
    std::map<Sequence, Finding> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::optional<Sequence> first_;
    bool stopped_ = false;
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
                           const std::function<bool(const Finding&)>& emit) {
    auto reader = Reader::open(folder);
    if (!reader) return reader.error();
    return Query(filter, emit).run(std::move(*reader));
}

}  // namespace sallyport::audit
