#include "audit/query_scan.hpp"

#include "audit/disclosure_reader.hpp"
#include "audit/line_head.hpp"
#include "audit/line_reader.hpp"
#include "audit/line_sieve.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <limits>

namespace sallyport::audit {
namespace {

using Kind = Candidate::Kind;
constexpr auto none = std::numeric_limits<std::size_t>::max();

/// The text behind `"key":"` in the first bytes of a line.
std::string_view text_behind(std::string_view line, std::string_view key) {
    const auto at = line.find(key);
    if (at == std::string_view::npos) return {};
    line.remove_prefix(at + key.size());
    return line.substr(0, line.find('"'));
}

/// `begin` of an end: it stands right behind the exchange.
std::optional<Sequence> begin_of(std::string_view line) {
    constexpr std::string_view key = ",\"begin\":";
    const auto at = line.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    line.remove_prefix(at + key.size());
    const auto sequence = parse_decimal(line.substr(0, line.find_first_not_of("0123456789")));
    return sequence ? std::optional(*sequence) : std::nullopt;
}

class Scan {
public:
    Scan(const Segment& segment, const Filter& filter, std::size_t room_bytes)
        : segment_(segment),
          filter_(filter),
          room_bytes_(room_bytes),
          since_(filter.since ? to_rfc3339(*filter.since) : std::string()),
          until_(filter.until ? to_rfc3339(*filter.until) : std::string()),
          sieve_(filter),
          disclosures_(disclosures_path(segment)) {}

    Result<SegmentFindings> run() {
        if (auto read = sieve_.read_users(segment_); !read) return read.error();
        if (auto sifted = sift(); !sifted) return sifted.error();
        if (auto compared = compare(); !compared) return compared.error();
        return std::move(found_);
    }

private:
    /// A line that was not excluded yet.
    struct Raw {
        Kind kind = Kind::single;
        Sequence sequence = 0;
        Sequence begin = 0;       // of an end
        std::size_t pair = none;  // of an end: where its begin stands here
        bool dropped = false;
        std::string line{};
    };

    Result<void> sift() {
        auto lines = LineReader::open(segment_.path);
        if (!lines) return lines.error();
        while (true) {
            const auto line = lines->next();
            if (!line && is_damage(line.error())) {
                found_.damaged = true;
                return {};
            }
            if (!line) return line.error();
            if (!*line) return {};
            if ((*line)->whole) take((*line)->bytes);
        }
    }

    void take(std::string_view line) {
        constexpr std::size_t event_within = 512;  // the keys before it are short
        const auto head = head_of(line);
        const auto event = text_behind(line.substr(0, event_within), "\"event\":\"");
        if (!head || head->time.empty() || event.empty() || line.size() > record_bytes_max) {
            ++found_.unreadable;
            return;
        }
        if (!filter_.event.empty()) {
            if (matches(filter_.event, event)) keep_if_matching(Kind::single, *head, line);
            return;
        }
        if (event == event::exchange_end || event == event::rfc_call_end)
            return take_end(*head, line);
        const bool begins =
            event == event::exchange_begin ||
            (event == event::rfc_call && line.find("\"decision\":\"refused\"") == line.npos);
        keep_if_matching(begins ? Kind::begin : Kind::single, *head, line);
    }

    /// Times of one form compare as texts do.
    bool in_time(std::string_view time) const {
        return (since_.empty() || time >= since_) && (until_.empty() || time < until_);
    }

    void keep_if_matching(Kind kind, const LineHead& head, std::string_view line) {
        if (!in_time(head.time) || !in_range(filter_, head.sequence) ||
            !sieve_.may_match(line, head.sequence) || found_.left_out)
            return;
        if (has_held_ && held_bytes_ + line.size() > room_bytes_) {
            found_.left_out = head.sequence;
            return;
        }
        has_held_ = true;
        held_bytes_ += line.size();
        if (kind == Kind::begin) begins_.emplace_back(head.sequence, raws_.size());
        raws_.push_back({.kind = kind, .sequence = head.sequence, .line = std::string(line)});
    }

    std::size_t find_begin(Sequence sequence) const {
        const auto found = std::ranges::lower_bound(begins_, sequence, {},
                                                    &std::pair<Sequence, std::size_t>::first);
        return found == begins_.end() || found->first != sequence ? none : found->second;
    }

    void take_end(const LineHead& head, std::string_view line) {
        const auto begin = begin_of(line);
        const bool may_match = sieve_.outcome_may_match(line);
        if (!begin) {
            if (may_match) keep_if_matching(Kind::single, head, line);
            return;
        }
        Raw raw{.kind = Kind::end, .sequence = head.sequence, .begin = *begin};
        if (*begin >= segment_.first) {
            raw.pair = find_begin(*begin);
            if (raw.pair == none) return;  // its begin does not match
            if (!may_match) {
                raws_[raw.pair].dropped = true;
                held_bytes_ -= raws_[raw.pair].line.size();
                std::string().swap(raws_[raw.pair].line);  // its memory, too
                return;
            }
        }
        if (may_match) {
            raw.line = line;
            held_bytes_ += line.size();
        }
        raws_.push_back(std::move(raw));
    }

    Result<void> compare() {
        for (auto& raw : raws_) {
            if (raw.pair != none && raws_[raw.pair].dropped) raw.dropped = true;
            if (raw.dropped) continue;
            Candidate candidate{.kind = raw.kind, .begin = raw.begin};
            if (!raw.line.empty()) {
                auto joined = filter_.personal == Filter::Personal::disclosed
                                  ? join(raw.line, disclosures_)
                                  : Result<std::string>(std::move(raw.line));
                if (!joined) return joined.error();
                auto record = parse_record(*joined);
                std::string().swap(raw.line);
                if (!record) ++found_.unreadable;
                raw.dropped = !record || !fits(raw.kind, *record);
                if (raw.dropped) continue;
                candidate.record = std::move(*record);
                candidate.line = std::move(*joined);
            }
            found_.candidates.push_back(std::move(candidate));
        }
        return {};
    }

    bool fits(Kind kind, const Record& record) const {
        return kind == Kind::end || (in_range(filter_, record) && access_matches(filter_, record));
    }

    const Segment& segment_;
    const Filter& filter_;
    const std::size_t room_bytes_;
    std::size_t held_bytes_ = 0;  // of lines in raws_
    bool has_held_ = false;       // one begin at least, so that who goes on comes further
    const std::string since_;
    const std::string until_;
    LineSieve sieve_;
    DisclosureReader disclosures_;
    std::vector<Raw> raws_;
    std::vector<std::pair<Sequence, std::size_t>> begins_;  // in raws_
    SegmentFindings found_;
};

}  // namespace

Result<SegmentFindings> scan_segment(const Segment& segment, const Filter& filter,
                                     std::size_t room_bytes) {
    return Scan(segment, filter, room_bytes).run();
}

}  // namespace sallyport::audit
