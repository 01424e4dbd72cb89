#include "rfc/big_endian.hpp"
#include "rfc/inspector.hpp"
#include "rfc/items.hpp"
#include "rfc/ni.hpp"
#include "rfc/records.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

/// A conversation of chunks "side, length (2), bytes": both sides say anything, whole and split.
/// Whatever they say, what reaches the back end must be a call that the policy allows.
namespace {

using namespace sallyport;
using namespace sallyport::rfc;

void check(bool holds) {
    if (!holds) std::abort();
}

const Policy policy{.rules = {{"STFC_CONNECTION"}, {"BAPI_", Match::prefix}},
                    .clients = {"001"},
                    .blocked_users = {{"", "DDIC"}}};
const Identity identity{.internal = SystemName::create("gw.corp", 1).value(),
                        .exposed = SystemName::create("abap.virtual", 0).value()};

struct Seen {
    Bytes to_back_end{};
    Bytes to_client{};
    int events = 0;
    bool closed = false;
    bool operator==(const Seen&) const = default;
};

/// What a logon may say under this policy, in fields that the back end does not cut.
void check_logon_item(std::uint16_t tag, BytesView value) {
    check(tag != tag::ticket);
    if (tag != tag::user && tag != tag::client) return;
    ShortText text;
    check(read_text(value, text) == Refusal::none);
    if (tag == tag::client) check(text.view() == "001");
    if (tag == tag::user)
        check(text.view().size() <= 12 && !equal_ignoring_case(text.view(), "DDIC"));
}

/// Nothing moves the data of a record away from the end of its header.
void check_place_of_data(BytesView record) {
    check(read_u16(record, 8) == 0);  // the length of an error text
    const AppcHeader header(record);
    check((header.info() & ~0x05) == 0);
    if (header.function() < Function::send_data || header.function() == Function::set_partner_lu)
        return;
    check(header.info2() == 0 && (header.info3() & ~0x0e) == 0);
    const bool has_length =
        header.info() != 0x05 && header.vector() == 0 && header.function() <= Function::receive;
    for (std::size_t at = has_length ? 52 : 48; at < 76; ++at) check(record[at] == std::byte{0});
}

/// Reads the items of a whole message in the plainest way: one name that the policy allows, and the
/// end at the end. False where the items are not complete.
bool is_allowed_message(BytesView items) {
    if (items.size() > 12 && items[0] == std::byte{0xd9}) items = items.subspan(12);
    int names = 0;
    while (items.size() >= 4) {
        const auto tag = read_u16(items, 0);
        std::size_t size = read_u16(items, 2);
        items = items.subspan(4);
        if (size == 0xffff) {
            if (items.size() < 4) return false;
            size = read_u32(items, 0);
            items = items.subspan(4);
        }
        if (items.size() < size + 2) return false;
        if (tag == tag::function) {
            ShortText name;
            check(read_function_name(items.first(size), name) == Refusal::none);
            check(decide_function(policy, name.view(), {}).refusal == Refusal::none);
            ++names;
        }
        check_logon_item(tag, items.first(size));
        check(read_u16(items, size) == tag);
        items = items.subspan(size + 2);
        if (tag == tag::end) return items.empty() && names == 1;
    }
    return false;
}

/// Puts the messages together that went to the back end: each complete one is an allowed call, and
/// of one that is not complete the last item has not gone.
void check_calls(BytesView stream) {
    Bytes message;
    bool async = false;
    while (stream.size() >= frame_head_bytes) {
        const auto head = read_frame_head(stream);
        check(head.state == FrameHead::State::complete);
        const auto record = stream.first(head.frame_bytes).subspan(frame_head_bytes);
        stream = stream.subspan(head.frame_bytes);
        if (record.size() < header_bytes) continue;
        check_place_of_data(record);
        const AppcHeader header(record);
        const auto function = header.function();
        const bool final = header.is_final();
        if (function != Function::sap_send && function != Function::async_send_data &&
            function != Function::send_data && function != Function::receive)
            continue;
        if (function == Function::async_send_data) async = true;
        const auto items = record.subspan(header_bytes);
        const auto data = final ? items.first(items.size() - trailer_bytes) : items;
        message.insert(message.end(), data.begin(), data.end());
        if (!final && !(async && function == Function::receive)) continue;
        check(is_allowed_message(message));
        message.clear();
        async = false;
    }
    check(message.empty() || !is_allowed_message(message));
}

class Play {
public:
    Play() : inspector_({policy, identity, "abap.virtual:sapgw00"}) {}

    void hear(bool client, BytesView bytes, std::size_t piece) {
        auto& buffer = client ? from_client_ : from_back_end_;
        while (!bytes.empty() && !seen_.closed) {
            const auto part = bytes.first(std::min(piece, bytes.size()));
            buffer.insert(buffer.end(), part.begin(), part.end());
            bytes = bytes.subspan(part.size());
            while (look(client, buffer)) {
            }
        }
    }

    const Seen& seen() const { return seen_; }

private:
    bool look(bool client, Bytes& buffer) {
        if (buffer.empty() || seen_.closed) return false;
        const auto step =
            client ? inspector_.from_client(buffer) : inspector_.from_back_end(buffer);
        check(step.taken <= buffer.size());
        if (step.taken == 0 && !step.close) {
            check(step.wanted > buffer.size());
            check(step.wanted <= frame_head_bytes + frame_bytes_max);
        }
        auto& ahead = client ? seen_.to_back_end : seen_.to_client;
        auto& back = client ? seen_.to_client : seen_.to_back_end;
        ahead.insert(ahead.end(), step.forward.begin(), step.forward.end());
        if (client) back.insert(back.end(), step.answer.begin(), step.answer.end());
        if (step.event != Event::none)
            seen_.events = (seen_.events * 7 + static_cast<int>(step.event)) % 1'000'003;
        seen_.closed = step.close;
        check(!step.close || inspector_.is_over());
        buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(step.taken));
        return step.taken > 0;
    }

    Inspector inspector_;
    Seen seen_{};
    Bytes from_client_{};
    Bytes from_back_end_{};
};

Seen play(BytesView script, std::size_t piece) {
    Play conversation;
    while (script.size() > 3) {
        const bool client = script[0] != std::byte{'b'};
        const std::size_t length =
            std::to_integer<std::size_t>(script[1]) << 8 | std::to_integer<std::size_t>(script[2]);
        script = script.subspan(3);
        const auto part = script.first(std::min(length, script.size()));
        script = script.subspan(part.size());
        conversation.hear(client, part, piece);
    }
    return conversation.seen();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto whole = play(bytes.subspan(1), SIZE_MAX);
    check(play(bytes.subspan(1), 1 + data[0]) == whole);
    check_calls(whole.to_back_end);
    return 0;
}
