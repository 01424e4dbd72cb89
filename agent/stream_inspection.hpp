#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <cstddef>
#include <span>

namespace sallyport::agent {

/// What to do with bytes that one side has sent. The views are valid until the next call of the
/// inspection, and may point into the received bytes.
struct InspectionStep {
    /// Bytes of `received` that are done with. 0, and `close` is not set: there must be more.
    std::size_t taken = 0;
    /// If nothing was taken: how many bytes must be there, `received` included; at most
    /// InspectedExchange::received_bytes_max. 0: whatever comes next.
    std::size_t wanted = 0;
    BytesView forward{};  // to the other side
    BytesView answer{};   // back to the side the bytes came from
    /// Both sides, when these have been written and are out.
    bool close = false;
    /// Records were appended (ExchangeAudit::append): `forward` and `answer` wait until these are
    /// safe. If they never will be, what they say of the caller may be about bytes that go on in a
    /// later step; so, if policy is to block, the stream is broken off.
    bool recorded = false;
};

/// Looks into one stream between a caller and an internal system: decides what of it passes, and
/// what the agent says instead. One per connection; a state machine over bytes without I/O, clock
/// or waiting. InspectedExchange moves the bytes: it buffers what was received up to `wanted`,
/// writes with back-pressure, waits for records, and ends what stands still.
class StreamInspection {
public:
    virtual ~StreamInspection() = default;
    StreamInspection() = default;
    StreamInspection(const StreamInspection&) = delete;
    StreamInspection& operator=(const StreamInspection&) = delete;

    /// Looks at the start of what one side has sent and nobody has taken; never empty. May change
    /// it in place. Called again until it takes nothing, also after new bytes came. Not called
    /// while what it forwarded before has not been written.
    virtual InspectionStep from_caller(std::span<std::byte> received) = 0;
    virtual InspectionStep from_back_end(std::span<std::byte> received) = 0;

    /// That side has finished sending, and what it sent and nobody took is incomplete. Without
    /// `close` the end is passed on, and the other direction lives.
    virtual InspectionStep caller_ended() { return {}; }
    virtual InspectionStep back_end_ended() { return {}; }

    /// The stream ends otherwise: a side broke off, a time-out, a reload, a log that failed. Puts
    /// on record what was under way. What it gives goes to the internal system if that can still be
    /// told; else the connection is reset.
    virtual BytesView broken_off(const Error& why) {
        (void)why;
        return {};
    }

    /// Whether it is through with what has to be over within InspectedExchange::set_up_timeout.
    virtual bool is_set_up() const { return true; }
};

}  // namespace sallyport::agent
