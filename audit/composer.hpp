#pragma once

#include "audit/chain.hpp"
#include "audit/clock.hpp"
#include "audit/log.hpp"
#include "audit/open_exchanges.hpp"

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
        Sequence first;
    };
    std::string bytes;
    std::vector<Cut> cuts;
    std::uint64_t records = 0;
    Sequence next = 0;  // the sequence after its last record

    bool empty() const { return records == 0; }
    void clear();
};

/// Where a log goes on.
struct LogState {
    Sequence next = 0;
    certs::Sha256 last = chain_start;
    std::string segment{};  // file name of the last segment; empty = there is none yet
    std::uint64_t segment_bytes = 0;
    OpenExchanges open{};
    std::optional<Instant> last_instant{};  // of this boot
};

/// Decides what is recorded and composes it: level, clock steps, chain, segments, the pairing of
/// begins and ends. Pure: time comes in, bytes go out.
class Composer {
public:
    Composer(LogState state, std::string boot, std::uint64_t segment_bytes_max,
             const Policy& policy);

    Sequence append(const ExchangeBegin& event, Instant now);
    Sequence append(const ExchangeEnd& event, Instant now);
    /// Events that are recorded unless the level is off.
    template <class Event>
    Sequence append(const Event& event, Instant now) {
        return level_ == Level::off ? not_recorded : append_always(event, now);
    }
    /// Events in which the log speaks of itself.
    template <class Event>
    Sequence append_always(const Event& event, Instant now) {
        note_step(now);
        return put(event, now);
    }

    /// What append() would do with an event that cannot be taken: whether it would be recorded. An
    /// exchange that ends is forgotten.
    bool miss(const ExchangeBegin&) const { return level_ == Level::all; }
    bool miss(const ExchangeEnd& event) { return judge(event).wanted; }
    template <class Event>
    bool miss(const Event&) const {
        return level_ != Level::off;
    }

    void set_policy(const Policy& policy);
    /// The next record opens a new segment.
    void end_segment() { segment_ended_ = true; }
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
    void note_step(Instant now);
    void open_segment(Instant now);

    template <class Event>
    Sequence put(const Event& event, Instant now) {
        if (segment_ended_ || segment_bytes_ >= segment_bytes_max_) open_segment(now);
        return chain_and_count(event, now);
    }
    template <class Event>
    Sequence chain_and_count(const Event& event, Instant now) {
        const auto before = pending_.bytes.size();
        const auto sequence = chain_.append(pending_.bytes, now, event);
        segment_bytes_ += pending_.bytes.size() - before;
        ++pending_.records;
        pending_.next = sequence + 1;
        return sequence;
    }

    Chain chain_;
    OpenExchanges open_;
    ClockWatch watch_;
    Batch pending_;
    Level level_ = Level::all;
    std::string segment_;
    std::uint64_t segment_bytes_;
    std::uint64_t segment_bytes_max_;
    bool segment_ended_;
};

}  // namespace sallyport::audit
