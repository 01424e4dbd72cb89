#pragma once

#include "agent/exchange_audit.hpp"
#include "agent/received_bytes.hpp"
#include "agent/stream_exchange.hpp"
#include "agent/stream_inspection.hpp"
#include "agent/stream_outlet.hpp"

#include <chrono>
#include <cstddef>

namespace sallyport::agent {

/// One stream between a caller and an internal system that a StreamInspection looks into: what
/// StreamExchange does for those that nobody looks into. Lives in the coroutine of StreamBackend.
class InspectedExchange final : private net::IdleSweep::Watched {
public:
    /// The largest `wanted` of an inspection. A frame of RFC has 1 MiB and its length.
    static constexpr std::size_t received_bytes_max = 2 * 1024 * 1024;
    /// Own answers to one side that it does not read; more of what it sends waits.
    static constexpr std::size_t unread_answers_bytes_max = 64 * 1024;
    /// Until StreamInspection::is_set_up().
    static constexpr std::chrono::milliseconds set_up_timeout_default{30'000};
    /// For what was written last to get out.
    static constexpr std::chrono::milliseconds closing_timeout{30'000};

    struct Times {
        std::chrono::milliseconds idle_timeout{7'200'000};
        std::chrono::milliseconds set_up_timeout = set_up_timeout_default;
    };

    InspectedExchange(net::Loop& loop, net::IdleSweep& sweep, http::RawStream& wire, http::Body& up,
                      http::Answer& down, StreamInspection& inspection, ExchangeAudit& audit,
                      const Times& times);

    /// Does what can be done now. Errors: Errc::aborted (the caller went away), cut (the internal
    /// system broke off), timed_out (set-up, idle), unavailable (the audit log failed).
    Result<StreamStep> step();

    /// Ends it from outside, and gives `why` back.
    Error give_up(const Error& why);

    /// Whether the internal system was told that it is over, though not by the caller.
    bool said_farewell() const { return said_farewell_; }

private:
    /// One side: what it sends, and what it gets.
    struct Side {
        http::Body& from;
        ReceivedBytes received{};
        std::size_t wanted = 0;
        StreamOutlet outlet{};
        std::size_t answer_bytes = 0;  // of ours in there, at most
        bool ended = false;            // it has finished sending, and the inspection knows
        bool finished = false;         // it was told that nothing more comes
    };

    void on_deadline() override;
    Result<void> look(Side& side);
    Result<void> end_of(Side& side);
    Result<void> apply(const InspectionStep& step, Side& side);
    Result<void> settle();
    void flush();
    void put(Side& side, BytesView bytes);
    void pass_ends();
    bool is_over();
    bool may_look(const Side& side) const;
    Side& other(const Side& side) { return &side == &caller_ ? system_ : caller_; }
    const Side& other(const Side& side) const { return &side == &caller_ ? system_ : caller_; }
    bool is_caller(const Side& side) const { return &side == &caller_; }

    net::IdleSweep& sweep_;
    http::RawStream& wire_;
    http::Answer& down_;
    StreamInspection& inspection_;
    ExchangeAudit& audit_;
    http::NextTurn next_turn_;
    const Times times_;
    Side caller_;
    Side system_;
    AuditGate::Commit commit_;
    bool waiting_ = false;      // for records
    bool from_caller_ = false;  // what they are about
    bool closing_ = false;
    bool more_ = false;  // the bound of a turn was reached
    bool setting_up_ = true;
    bool said_farewell_ = false;
    std::uint64_t forwarded_ = 0;  // bytes of one side for the other, ever
    std::uint64_t progress_ = 0;   // of these, as of the last deadline
    const char* expired_ = nullptr;
};

}  // namespace sallyport::agent
