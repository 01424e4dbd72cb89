#pragma once

#include "rfc/items.hpp"
#include "rfc/policy.hpp"
#include "rfc/text.hpp"

#include <cstdint>

namespace sallyport::rfc {

/// Where a message stands in its conversation.
enum class MessageKind : std::uint8_t {
    logon,  // the first one: begins with COM_HEAD, says who logs on, and calls a function
    call,
};

/// Looks through one message of a client, record by record, for the facts that decide. Cuts between
/// records may fall anywhere. What two readers could read in two ways is refused, not interpreted.
class MessageScan {
public:
    void begin(MessageKind kind, UnknownItems unknown_items);

    /// The items of the next record, without header and trailer.
    Refusal feed(BytesView items);
    /// Nothing follows: the chain must have come to its end and named one function.
    Refusal finish() const;

    /// Why feed() or finish() refused, for people.
    const char* reason() const { return reason_; }
    /// Empty until an item has named it.
    std::string_view function() const { return function_.view(); }
    bool ended() const { return reader_.ended(); }
    std::uint64_t bytes() const { return bytes_; }
    /// Complete when a message of kind logon has ended. Views into this object.
    Logon logon() const;

private:
    Refusal judge(const Item& item);
    Refusal judge_logon_item(const Item& item);
    Refusal refuse(Refusal refusal, const char* reason) const;
    Refusal defect() const;

    struct LogonField {
        ShortText text{};
        bool seen = false;
        bool readable = false;
    };
    static void read(const Item& item, LogonField& field);

    ItemReader reader_;
    MessageKind kind_ = MessageKind::logon;
    UnknownItems unknown_items_ = UnknownItems::pass;
    std::uint64_t bytes_ = 0;
    ShortText function_{};
    LogonField user_{};
    LogonField client_{};
    bool has_ticket_ = false;
    mutable const char* reason_ = "";
};

}  // namespace sallyport::rfc
