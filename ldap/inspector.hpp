#pragma once

#include "base/bytes.hpp"
#include "ldap/message.hpp"
#include "ldap/policy.hpp"
#include "ldap/refusal.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::ldap {

/// Answers to refused operations that wait for the end of the message which the back end is in the
/// middle of.
inline constexpr std::size_t waiting_answers_bytes_max = 64 * 1024;

inline constexpr std::string_view who_is_unclear = "(unclear: several binds at once)";

/// What a connection is judged by. All of it outlives the inspector.
struct Terms {
    const Policy& policy;
    /// The system as messages name it, e.g. "ldap.virtual:389".
    std::string_view system;
};

/// What has happened, for audit and counters.
enum class Event : std::uint8_t {
    none,
    allowed,  // Inspector::call() says which operation; nothing of it has been forwarded before
    refused,  // likewise; the client gets an answer where LDAP has one
    unseen,   // from here on nothing can be looked at, and all passes, because of Step::reason
    broken,   // the connection, because of Step::refusal
};

/// What to do with the bytes that were received. The spans are valid until the next call of the
/// inspector, and point into the received bytes where possible.
struct Step {
    /// Bytes of `received` that are done with. 0, and `close` is not set: there must be more.
    std::size_t taken = 0;
    /// If nothing was taken: how many bytes must be there, `received` included. At most
    /// head_bytes_max.
    std::size_t wanted = 0;
    BytesView forward{};  // to the other side
    BytesView answer{};   // back to the side the bytes came from
    bool close = false;   // both connections, when these have been written
    Event event = Event::none;
    Refusal refusal = Refusal::none;
    const char* reason = "";  // of refusal, broken and unseen, for people; a literal
};

/// The operation of the last step with an event. Views into the inspector.
struct Call {
    Operation operation = Operation::unknown;
    std::uint32_t id = 0;
    Authentication authentication = Authentication::none;  // of a bind
    std::string_view dn{};                                 // of a bind, as it was sent
    std::string_view mechanism{};                          // of a SASL bind
    std::string_view oid{};                                // of an extended request
    /// As whom the back end knows the client when the operation comes: the name of the last bind
    /// that it said yes to. With " (unconfirmed)" behind it while it has not answered.
    /// who_is_unclear where a bind came before the one before was answered, against RFC 4511.
    std::string_view who{};
};

/// One LDAP connection between a client and a directory, as a state machine over bytes: says what
/// each operation is before anything of it goes to the back end, and answers what the policy does
/// not allow itself. Holds no more than the head of a message. A policy that judges lets nothing
/// pass that it cannot read; any other looks on for as long as it can. docs/LDAP.md tells the rest.
/// No clock, no I/O.
class Inspector {
public:
    explicit Inspector(const Terms& terms) : terms_(terms) {}

    /// Looks at what one side has sent and nobody has taken. To be called until it takes nothing,
    /// also after new bytes came.
    Step from_client(BytesView received);
    Step from_back_end(BytesView received);

    /// Whether the conversation is over: both sides are to be closed.
    bool is_over() const { return over_; }
    /// Whether nothing is looked at any more.
    bool is_blind() const { return blind_; }
    const Call& call() const { return call_; }

private:
    Step pass_on(BytesView received);
    Step request(BytesView received);
    Step trailer(BytesView received);
    Step refuse(const Request& request, Refusal refusal, std::size_t taken);
    Step unreadable(BytesView received, Refusal refusal, const char* reason);
    Step break_off(std::size_t taken, Refusal refusal, const char* reason);
    void remember(const Request& request);
    void begin_bind(const Request& request);
    void end_bind(const Response& response);
    Step with_answers(std::size_t taken, BytesView forward);
    bool between_answers() const { return answer_left_ == 0; }

    const Terms terms_;
    bool over_ = false;
    bool blind_ = false;
    bool back_end_is_blind_ = false;  // only where nothing is judged
    bool unbound_ = false;
    bool tls_may_begin_ = false;
    bool layer_may_begin_ = false;

    // The client's message under way.
    std::size_t request_left_ = 0;  // of the request itself, or of its controls
    std::size_t trailer_bytes_ = 0;
    bool discards_ = false;

    std::size_t answer_left_ = 0;  // of the back end's message under way
    Bytes waiting_{};              // answers of ours for its end
    Bytes out_{};                  // what the last step forwards or answers

    Call call_{};
    std::string dn_{};
    std::string mechanism_{};
    std::string oid_{};
    std::string who_{};
    // Binds that the back end has not answered; what is known of the only one.
    std::uint32_t binds_ = 0;
    bool binds_overlap_ = false;
    std::uint32_t bind_id_ = 0;
    std::string bind_who_{};
    std::string shown_who_{};
};

}  // namespace sallyport::ldap
