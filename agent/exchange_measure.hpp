#pragma once

#include "agent/meter.hpp"
#include "audit/entry.hpp"
#include "base/log_line.hpp"

#include <chrono>

namespace sallyport::agent {

/// Counts and times one exchange, and writes its line of the log (at debug) when its audit entry is
/// closed: so there are as many of each as there are ends on record. A clock is read once at each
/// step. Of the worker's thread; must outlive the entry.
class ExchangeMeasure final : public audit::Entry::Observer {
public:
    /// Longer texts, which a client may choose, are cut in the line.
    static constexpr std::size_t line_value_bytes_max = 512;

    /// `line` is the worker's, used again and again.
    ExchangeMeasure(Meter& meter, log::Line& line) : meter_(meter), line_(line) {}
    ~ExchangeMeasure();
    ExchangeMeasure(const ExchangeMeasure&) = delete;
    ExchangeMeasure& operator=(const ExchangeMeasure&) = delete;

    /// The table has spoken; `mapping` is one of it, or null; `rule_number` as Meter::of takes it.
    void decided(const mappings::Mapping* mapping, std::size_t rule_number,
                 std::chrono::steady_clock::time_point opened);
    /// It is known as whom the back end sees the caller.
    void has_principal();
    /// From here on the back end works.
    void admitted();
    /// When the head of the answer went by; the epoch: it did not.
    void answered(std::chrono::steady_clock::time_point head_at);
    /// Its end says nothing of how fast a back end is: it is no slow one.
    void lasts() { lasts_ = true; }

    void ended(const audit::Entry::End& end) override;

private:
    using Time = std::chrono::steady_clock::time_point;
    void count(const audit::Entry::End& end);
    void write_line(const audit::Entry::End& end);

    Meter& meter_;
    log::Line& line_;
    MappingCounts* counts_ = nullptr;
    RuleCounts* rule_ = nullptr;  // none: a stream, or refused
    ExchangeTimes times_;
    Time step_{};      // when the last one ended
    Time admitted_{};  // the epoch: not
    bool lasts_ = false;
};

}  // namespace sallyport::agent
