#include "rfc/refusal_frames.hpp"

#include "rfc/ni.hpp"
#include "rfc/records.hpp"
#include "tests/unit/rfc/conversation.hpp"

#include <gtest/gtest.h>

namespace sallyport::rfc::testing {
namespace {

ReplyAddress address() {
    ReplyAddress to;
    std::ranges::copy(as_bytes("12345678"), to.conversation.begin());
    to.connection = 4;
    return to;
}

const std::string text =
    "Access denied for Z_FORBIDDEN on vhost.example:sapgw00. Expose the function module in the "
    "agent in case it was a valid request.";

TEST(RefusalFrames, AnExceptionIsWhatClientsWereSeenToUnderstand) {
    struct Case {
        const char* file;
        CodePage page;
        AfterRefusal after;
    };
    for (const auto& one :
         {Case{"exception-le", CodePage::utf16_le, AfterRefusal::conversation_stays},
          Case{"exception-be", CodePage::utf16_be, AfterRefusal::conversation_stays},
          Case{"call-terminal-le", CodePage::utf16_le, AfterRefusal::conversation_ends}}) {
        Bytes frame;
        append_exception_reply(frame, address(), one.page, "RFC_NO_AUTHORITY", text, one.after);
        EXPECT_EQ(to_hex(frame),
                  to_hex(load_data(std::string("refusal-reply/") + one.file + ".bin")));
    }
}

/// Tags and lengths of the items behind the header.
std::string outline(const Bytes& frame) {
    std::string out;
    ItemReader reader;
    auto items = BytesView(frame).subspan(frame_head_bytes + header_bytes);
    while (reader.next(items)) out += std::to_string(reader.item().tag) + " ";
    return out + (reader.ended() ? "end" : "broken");
}

TEST(RefusalFrames, ALogonIsRefusedInTheShapeOfAWrongPassword) {
    const auto known = load_data("refusal-reply/logon-terminal-ascii.bin");
    Bytes frame;
    append_logon_refusal(frame, address(), text);
    EXPECT_EQ(outline(frame), outline(known));
    EXPECT_NE(as_text(frame).find(text), std::string_view::npos);
    // The header differs only where it says how long the items are.
    auto header = Bytes(frame.begin() + 4, frame.begin() + 84);
    const auto body = static_cast<std::uint32_t>(frame.size() - 84);
    EXPECT_EQ(read_u32(header, 48), body);
    EXPECT_EQ(read_u32(header, 56), body);
    write_u32(header, 48, static_cast<std::uint32_t>(known.size() - 84));
    write_u32(header, 56, static_cast<std::uint32_t>(known.size() - 84));
    EXPECT_EQ(to_hex(header), to_hex(BytesView(known).subspan(4, 80)));
}

TEST(RefusalFrames, ASetUpIsRefusedWithAGatewayError) {
    const auto known = load_data("refusal-reply/gateway-error-on-initialize.bin");
    auto request = load_data("session/03-initialize.bin");
    request.erase(request.begin(), request.begin() + 4);
    Bytes frame;
    append_gateway_error(frame, request,
                         "Opening connection to vhost.example:sapgw00 denied. Expose the system in "
                         "the agent in case it was a valid request.",
                         "Sat Nov 21 02:00:00 2026");
    // Names and indexes are those of the request.
    const auto own = Bytes(frame.begin() + 4 + 48, frame.begin() + 4 + 80);
    EXPECT_EQ(to_hex(own), to_hex(BytesView(request).subspan(48, 32)));
    auto expected = known;
    std::ranges::copy(own, expected.begin() + 4 + 48);
    EXPECT_EQ(to_hex(frame), to_hex(expected));
}

TEST(RefusalFrames, BarriersAndFarewellsAreThoseOfRecordings) {
    Bytes barrier;
    append_barrier_reply(barrier, address());
    EXPECT_EQ(to_hex(barrier), to_hex(load_data("accept/send-data-ack.bin")));
    Bytes farewell;
    append_deallocate(farewell, address());
    EXPECT_EQ(to_hex(farewell), to_hex(load_data("session/18-deallocate.bin")));
}

TEST(RefusalFrames, TextsAreThoseOfTheProduct) {
    EXPECT_EQ(text_of_denied_system("abap.virtual:sapgw42"),
              "Opening connection to abap.virtual:sapgw42 denied. Expose the system in your Cloud "
              "Connector in case it was a valid request.");
    EXPECT_EQ(text_of_denied_function("STFC_CONNECTION", "abap.virtual:sapgw42"),
              "Access denied for STFC_CONNECTION on abap.virtual:sapgw42. Expose the function "
              "module in your Cloud Connector in case it was a valid request.");
}

}  // namespace
}  // namespace sallyport::rfc::testing
