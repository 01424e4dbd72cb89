#include "rfc/message_scan.hpp"

#include <algorithm>
#include <array>

namespace sallyport::rfc {

namespace {

// "RFC000000000" in EBCDIC.
constexpr std::array<std::uint8_t, 12> com_head = {0xd9, 0xc6, 0xc3, 0xf0, 0xf0, 0xf0,
                                                   0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0};

bool begins_with_com_head(BytesView items) {
    return items.size() >= com_head.size() &&
           std::equal(com_head.begin(), com_head.end(), items.begin(),
                      [](std::uint8_t a, std::byte b) { return std::byte{a} == b; });
}

bool is_logon_tag(std::uint16_t tag) {
    return tag == tag::user || tag == tag::client || tag == tag::password || tag == tag::ticket;
}

}  // namespace

void MessageScan::begin(MessageKind kind, UnknownItems unknown_items) {
    reader_.reset();
    kind_ = kind;
    unknown_items_ = unknown_items;
    bytes_ = 0;
    function_.clear();
    reason_ = "";
    if (kind == MessageKind::call) return;
    user_ = {};
    client_ = {};
    has_ticket_ = false;
}

Refusal MessageScan::feed(BytesView items) {
    const bool first = bytes_ == 0;
    bytes_ += items.size();
    if (bytes_ > message_bytes_max) return refuse(Refusal::too_large, "message above 64 MiB");
    if (first && kind_ == MessageKind::logon) {
        if (!begins_with_com_head(items))
            return refuse(Refusal::unparsable, "the first message does not begin with COM_HEAD");
        items = items.subspan(com_head.size());
    }
    while (reader_.next(items)) {
        const auto refusal = judge(reader_.item());
        if (refusal != Refusal::none) return refusal;
    }
    return defect();
}

Refusal MessageScan::finish() const {
    if (!reader_.ended()) return refuse(Refusal::unparsable, "the items have no end");
    if (function_.empty()) return refuse(Refusal::unparsable, "no function is named");
    return Refusal::none;
}

Refusal MessageScan::judge(const Item& item) {
    if (item.tag == tag::function) {
        if (!function_.empty()) return refuse(Refusal::ambiguous, "two functions are named");
        if (item.size > name_item_bytes_max)
            return refuse(Refusal::unparsable, "the function's name is too long");
        return refuse(read_function_name(item.value, function_),
                      "the function's name is not written as one");
    }
    if (is_logon_tag(item.tag)) return judge_logon_item(item);
    if (unknown_items_ == UnknownItems::refuse && !is_known_tag(item.tag))
        return refuse(Refusal::unknown_item, "an item of unknown meaning");
    return Refusal::none;
}

Refusal MessageScan::judge_logon_item(const Item& item) {
    // A second logon on a conversation could change who it belongs to.
    if (kind_ != MessageKind::logon)
        return refuse(Refusal::ambiguous, "logon data outside of the logon");
    if (item.tag == tag::ticket) has_ticket_ = true;
    if (item.tag != tag::user && item.tag != tag::client) return Refusal::none;
    auto& field = item.tag == tag::user ? user_ : client_;
    if (field.seen) return refuse(Refusal::ambiguous, "user or client is named twice");
    read(item, field);
    return Refusal::none;
}

void MessageScan::read(const Item& item, LogonField& field) {
    field.seen = true;
    field.readable =
        item.size <= name_item_bytes_max && read_text(item.value, field.text) == Refusal::none;
}

Logon MessageScan::logon() const {
    Logon logon;
    if (client_.readable) logon.client = client_.text.view();
    if (user_.readable) logon.user = user_.text.view();
    logon.has_ticket = has_ticket_;
    return logon;
}

Refusal MessageScan::refuse(Refusal refusal, const char* reason) const {
    if (refusal != Refusal::none) reason_ = reason;
    return refusal;
}

Refusal MessageScan::defect() const {
    using Defect = ItemReader::Defect;
    switch (reader_.defect()) {
        case Defect::none:
            return Refusal::none;
        case Defect::closing_tag:
            return refuse(Refusal::unparsable, "an item does not end with its tag");
        case Defect::length_form:
            return refuse(Refusal::not_canonical, "a name has a length of the long form");
        case Defect::too_long:
            return refuse(Refusal::unparsable, "an item is longer than a message may be");
        case Defect::too_many:
            return refuse(Refusal::too_large, "more than a million items");
        case Defect::after_the_end:
            return refuse(Refusal::unparsable, "data after the end of the items");
        case Defect::end_with_value:
            return refuse(Refusal::unparsable, "the end of the items has a value");
    }
    return Refusal::unparsable;
}

}  // namespace sallyport::rfc
