#pragma once

#include "audit/chain.hpp"
#include "audit/clock.hpp"
#include "audit/log.hpp"
#include "audit/open_exchanges.hpp"
#include "audit/segment_day.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// Records waiting to be written.
struct Batch {
    /// From this byte on the records belong to a new segment.
    struct Cut {
        std::size_t offset;
        std::size_t disclosures;  // likewise, of `disclosures`
        Sequence first;
    };
    std::string bytes;
    std::string disclosures;  // what the records say of persons, for the file beside the segment
    std::vector<Cut> cuts;
    std::uint64_t records = 0;
    Sequence next = 0;  // the sequence after its last record
    tlog::Hash last{};  // digest of its last record

    bool empty() const { return records == 0; }
    void clear();
};

/// Where a log goes on.
struct LogState {
    Sequence next = 0;
    tlog::Hash last = chain_start;
    std::string segment{};  // file name of the last segment; empty = there is none yet
    Sequence segment_first = 0;
    std::uint64_t segment_bytes = 0;
    bool segment_sealed = false;  // it is over: its last record says so, or it was compressed
    OpenExchanges open{};
    std::optional<WallTime> last_time{};
    std::optional<Instant> last_instant{};  // of this boot
};

/// Decides what is recorded and composes it: level, clock steps, chain, segments, the pairing of
/// begins and ends. Pure: time comes in, bytes go out.
class Composer {
public:
    Composer(LogState state, std::string boot, std::uint64_t segment_bytes_max, Level level,
             std::string_view configuration);

    Sequence append(const ExchangeBegin& event, Instant now);
    Sequence append(const ExchangeEnd& event, Instant now);
    /// Other events.
    template <class Event>
    Sequence append(const Event& event, Instant now) {
        return wants(event) ? append_always(event, now) : not_recorded;
    }
    /// Events in which the log speaks of itself.
    template <class Event>
    Sequence append_always(const Event& event, Instant now) {
        note_step(now);
        return put(event, now);
    }

    /// What append() would do with an event other than a begin that cannot be taken: whether it
    /// would be recorded. An exchange that ends is forgotten.
    bool miss(const ExchangeEnd& event) { return judge(event).wanted; }
    template <class Event>
    bool miss(const Event& event) const {
        return wants(event);
    }

    void set_segment_bytes_max(std::uint64_t bytes) { segment_bytes_max_ = bytes; }
    void set_level(Level level) { level_ = level; }
    void set_configuration(std::string_view digest) { chain_.set_configuration(digest); }
    /// The next record opens a new segment.
    void end_segment() { segment_ended_ = true; }
    /// The same; because of what is beside it.
    void end_full_segment() { segment_full_ = true; }
    Sequence next() const { return chain_.next(); }
    /// Begun and not ended, whether or not their begins came into a file.
    const OpenExchanges& open() const { return open_; }

    const Batch& pending() const { return pending_; }
    /// Gives the pending records and takes an empty batch for the next ones.
    void take(Batch& batch);
    void discard() { pending_.clear(); }

private:
    struct Judgement {
        bool wanted;
        std::optional<Sequence> begin;
    };
    Judgement judge(const ExchangeEnd& event);
    /// What was allowed is for the level `all` only.
    template <class Event>
    bool wants(const Event& event) const {
        if constexpr (requires { event.decision; })
            if (level_ == Level::security && event.decision == "allowed") return false;
        return level_ != Level::off;
    }
    /// A call on record gets its end, whatever the level has become.
    bool wants(const RfcCallEnd& event) const {
        return event.begin.has_value() || level_ == Level::all;
    }
    void note_step(Instant now);
    /// Why the segment ends before this record; nothing if it does not.
    std::string_view reason_to_end(Instant now);
    void open_segment(Instant now, std::string_view reason);

    template <class Event>
    Sequence put(const Event& event, Instant now) {
        if (const auto reason = reason_to_end(now); !reason.empty()) open_segment(now, reason);
        return chain_and_count(event, now);
    }
    template <class Event>
    Sequence chain_and_count(const Event& event, Instant now) {
        const auto before = pending_.bytes.size();
        const auto sequence = chain_.append(pending_.bytes, pending_.disclosures, now, event);
        segment_bytes_ += pending_.bytes.size() - before;
        ++pending_.records;
        pending_.next = sequence + 1;
        return sequence;
    }

    Chain chain_;
    OpenExchanges open_;
    std::optional<Sequence> ending_{};  // the begin of the exchange whose end is being written
    ClockWatch watch_;
    Batch pending_;
    Level level_ = Level::all;
    std::string segment_;
    Sequence segment_first_;
    std::uint64_t segment_bytes_;
    std::uint64_t segment_bytes_max_;
    bool segment_sealed_;
    bool segment_full_ = false;
    bool segment_ended_;
    SegmentDay day_;
};

}  // namespace sallyport::audit
