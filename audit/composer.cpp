#include "audit/composer.hpp"

#include "audit/segment.hpp"

#include <algorithm>

namespace sallyport::audit {

void Batch::clear() {
    bytes.clear();
    disclosures.clear();
    cuts.clear();
    records = 0;
}

Composer::Composer(LogState state, std::string boot, std::uint64_t segment_bytes_max, Level level,
                   std::string_view configuration)
    : chain_(state.next, state.last, std::move(boot)),
      open_(std::move(state.open)),
      level_(level),
      segment_(std::move(state.segment)),
      segment_first_(state.segment_first),
      segment_bytes_(state.segment_bytes),
      segment_bytes_max_(segment_bytes_max),
      segment_sealed_(state.segment_sealed || segment_.empty()),
      segment_ended_(segment_sealed_) {
    if (state.last_time) day_.start(*state.last_time);
    if (state.last_instant) static_cast<void>(watch_.observe(*state.last_instant));
    chain_.set_configuration(configuration);
}

Sequence Composer::append(const ExchangeBegin& event, Instant now) {
    if (level_ != Level::all) return not_recorded;
    const auto sequence = append_always(event, now);
    open_.begin(event.exchange, sequence);
    return sequence;
}

Composer::Judgement Composer::judge(const ExchangeEnd& event) {
    // A begin on record gets its end, whatever the level has become since.
    const auto begin = event.outcome == outcome::refused ? std::nullopt : open_.end(event.exchange);
    const bool refusal = level_ == Level::security && event.outcome == outcome::refused;
    return {.wanted = begin || level_ == Level::all || refusal, .begin = begin};
}

Sequence Composer::append(const ExchangeEnd& event, Instant now) {
    const auto [wanted, begin] = judge(event);
    if (!wanted) return not_recorded;
    ending_ = begin;
    const auto sequence = append_always(PairedEnd{event, begin}, now);
    ending_.reset();
    return sequence;
}

void Composer::take(Batch& batch) {
    batch.clear();
    std::swap(batch, pending_);
    batch.last = chain_.last();
}

void Composer::note_step(Instant now) {
    const auto step = watch_.observe(now);
    if (!step) return;
    const auto expected = to_rfc3339(now.wall - *step);
    put(ClockStep{.expected = expected, .step = *step}, now);
}

std::string_view Composer::reason_to_end(Instant now) {
    const bool new_day = day_.is_over(now.wall);
    if (segment_ended_) return sealed::repair;
    if (segment_full_ || segment_bytes_ >= segment_bytes_max_) return sealed::size;
    return new_day ? sealed::day : std::string_view();
}

void Composer::open_segment(Instant now, std::string_view reason) {
    if (!std::exchange(segment_sealed_, false))
        chain_and_count(
            SegmentSealed{.records = chain_.next() + 1 - segment_first_, .reason = reason}, now);
    const auto first = chain_.next();
    pending_.cuts.push_back({.offset = pending_.bytes.size(),
                             .disclosures = pending_.disclosures.size(),
                             .first = first});
    const auto previous = std::exchange(segment_, segment_name(first));
    const auto previous_bytes = std::exchange(segment_bytes_, 0);
    segment_ended_ = false;
    segment_full_ = false;
    segment_first_ = first;
    day_.start(now.wall);
    if (previous.empty()) return;
    // What ends with the next record is open as long as that is not in the file.
    const auto open_since = std::min(open_.oldest().value_or(first), ending_.value_or(first));
    chain_and_count(
        SegmentOpened{
            .previous = previous, .previous_bytes = previous_bytes, .open_since = open_since},
        now);
}

}  // namespace sallyport::audit
