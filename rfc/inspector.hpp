#pragma once

#include "base/bytes.hpp"
#include "rfc/identity.hpp"
#include "rfc/message_scan.hpp"
#include "rfc/ni.hpp"
#include "rfc/policy.hpp"
#include "rfc/refusal_frames.hpp"
#include "rfc/reply_scan.hpp"
#include "rfc/text.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace sallyport::rfc {

/// Bytes of a message that are held back until it is clear that it may pass. An ordinary call is
/// one record, which is looked at where it was received; this is for what comes in several records.
inline constexpr std::size_t held_bytes_max = 512 * 1024;
/// Frame of a client that has not come to the logon yet; the largest record there has 453 bytes.
inline constexpr std::size_t set_up_frame_bytes_max = 1024;
/// Frame of a client that has not logged on yet; recorded logons have below 1 KiB. What can be
/// called in a logon as well may come in several records.
inline constexpr std::size_t logon_frame_bytes_max = 64 * 1024;
/// Payload of one record of a message in several; clients cut at 28 000 bytes.
inline constexpr std::size_t streamed_record_bytes_max = 64 * 1024;

/// What a connection is judged by. All of it outlives the inspector.
struct Terms {
    const Policy& policy;
    const Identity& identity;
    /// The system as messages name it, e.g. "abap.virtual:sapgw00".
    std::string_view system;
    /// Whether the conversation goes on behind a call that was refused.
    AfterRefusal after_refusal = AfterRefusal::conversation_stays;
};

/// What has happened, for audit and counters.
enum class Event : std::uint8_t {
    none,
    call_allowed,  // Inspector::call() says which; nothing of it has been forwarded before
    call_refused,  // likewise; the client gets `answer`
    call_ended,    // the back end's answer is complete
    ended,         // the conversation, in order
    broken,        // the conversation, because of Step::refusal
};

/// What to do with the bytes that were received. The spans are valid until the next call of the
/// inspector, and point into the received bytes where possible.
struct Step {
    /// Bytes of `received` that are done with. 0, and `close` is not set: there must be more.
    std::size_t taken = 0;
    /// If nothing was taken: how many bytes must be there, `received` included. At most
    /// frame_head_bytes + frame_bytes_max.
    std::size_t wanted = 0;
    BytesView forward{};  // to the other side
    BytesView answer{};   // back to the side the bytes came from
    bool close = false;   // both connections, when these have been written
    Event event = Event::none;
    Refusal refusal = Refusal::none;
    const char* reason = "";  // of the refusal, for people; a literal
};

/// The call under way, or the last one. Views into the inspector.
struct Call {
    std::string_view function{};  // empty where none could be read
    std::string_view client{};    // of the logon
    std::string_view user{};      // of the logon
    bool is_logon = false;
    std::uint64_t number = 0;  // of the message in the conversation, from 1; 0: there was none yet
    FunctionDecision decision{};
    std::uint64_t request_bytes = 0;  // of items
    std::uint64_t reply_bytes = 0;
    bool reply_is_error = false;  // an exception, so far as the answer could be read
};

/// One RFC connection between a client and a gateway, as a state machine over bytes: judges each
/// message of the client before anything of it goes to the back end (or, if it comes in several
/// records, before its end does), names the internal system where the client named the virtual one,
/// and answers refused calls itself. Keep-alives are answered on each side. No clock, no I/O, and
/// no allocation for calls of one record. docs/RFC.md#inspector tells the algorithm.
class Inspector {
public:
    explicit Inspector(const Terms& terms);

    /// What time it is for calls that come from now on. Until it is said, all rules that expire
    /// have.
    void set_time(std::chrono::system_clock::time_point now) { now_ = now; }

    /// Looks at the first frame of what one side has sent and nobody has taken. The bytes may be
    /// changed in place. To be called until it takes nothing, also after new bytes came.
    Step from_client(std::span<std::byte> received);
    Step from_back_end(std::span<std::byte> received);

    /// Whether the conversation is over: both sides are to be closed.
    bool is_over() const { return phase_ == Phase::over; }
    Call call() const;

    /// What to send the back end where the client has gone without a word, or nothing.
    BytesView farewell();

private:
    enum class Phase : std::uint8_t {
        gateway,          // the client's gateway record is awaited
        gateway_sent,     // the gateway's answer to it is awaited, and so on
        initialize,       //
        initialize_sent,  //
        allocate,         // SET_PARTNER_LU_NAME or ALLOCATE
        allocate_sent,    //
        logon,            //
        idle,             //
        busy,             // a message has gone to the back end
        over,             //
    };
    enum class Collecting : std::uint8_t { nothing, sends, async_sends };
    /// What happens to the records of the message that comes in.
    enum class Course : std::uint8_t { undecided, pass, discard };

    // client_records.cpp: what comes before messages
    Step client_record(std::span<std::byte> frame);
    Step gateway_record(std::span<std::byte> frame);
    Step set_up_record(std::span<std::byte> frame, const AppcHeader& header);
    Step initialize_record(std::span<std::byte> frame);
    Step partner_record(std::span<std::byte> frame);
    Step allocate_record(std::span<std::byte> frame);
    Refusal judge_header(const AppcHeader& header);
    bool is_of_this_conversation(const AppcHeader& header) const;
    Step end_of_conversation(BytesView frame);
    Step cancel(BytesView frame);
    static std::string time_text(std::chrono::system_clock::time_point now);

    // client_messages.cpp
    Step message_record(BytesView frame, const AppcHeader& header);
    Refusal continues_message(const AppcHeader& header, std::size_t record_bytes);
    Refusal judge_shape(BytesView record, const AppcHeader& header);
    Refusal items_of(BytesView record, const AppcHeader& header, BytesView& items);
    bool ends_message(const AppcHeader& header) const;
    void begin_message(Collecting how);
    void decide(bool complete);
    Step allowed_record(BytesView frame, const AppcHeader& header, bool last);
    Step held_record(BytesView frame, const AppcHeader& header);
    Step discarded_record(BytesView frame, const AppcHeader& header, bool last);
    Step refuse_call(std::size_t taken);
    BytesView barrier_answer();
    void drop_held();

    // back_end_records.cpp
    Step back_end_record(std::span<std::byte> frame);
    Step set_up_reply(std::span<std::byte> frame);
    Step data_reply(BytesView frame);
    Step last_words(std::span<std::byte> frame);
    Step barrier_reply(BytesView frame);
    Step unreadable_back_end(const char* reason);

    // inspector.cpp
    Step too_long_frame(std::size_t received);
    std::size_t client_frame_bytes_max() const;
    Step keep_alive(FrameKind kind, std::size_t frame_bytes) const;
    Step forward(BytesView frame) const;
    Step hang_up(std::size_t taken, Refusal refusal, const char* reason);
    Step break_off(BytesView frame, Refusal refusal, const char* reason);
    Refusal because(Refusal refusal, const char* reason);

    const Terms terms_;
    std::chrono::system_clock::time_point now_ = std::chrono::system_clock::time_point::max();
    Phase phase_ = Phase::gateway;
    Collecting collecting_ = Collecting::nothing;
    Course course_ = Course::undecided;
    bool logged_on_ = false;
    bool is_logon_ = false;                  // of the message under way
    std::uint64_t messages_ = 0;             // begun
    std::uint32_t held_barriers_ = 0;        // answered here, and not forwarded yet
    std::uint32_t own_barrier_replies_ = 0;  // likewise, forwarded: the back end answers as well
    const char* reason_ = "";

    MessageScan request_;
    ReplyScan reply_;
    FunctionDecision decision_{};
    Refusal verdict_ = Refusal::none;  // of the call

    EchoedNames echoed_{};
    ReplyAddress address_{};
    CodePage back_end_page_ = CodePage::utf16_le;
    ShortText client_{};
    ShortText user_{};

    Bytes held_{};  // of the message under way
    Bytes sent_{};  // was held, and is forwarded now
    Bytes answer_{};
};

}  // namespace sallyport::rfc
