#include "rfc/route.hpp"

#include "base/error.hpp"
#include "rfc/ni.hpp"
#include "tests/support/rfc_routes.hpp"
#include "tests/unit/rfc/conversation.hpp"

#include <gtest/gtest.h>

namespace sallyport::rfc::testing {
namespace {

using test::hops_of;
using test::route_frame;
using test::router_error_in;

std::string written(std::span<const Hop> hops) {
    std::string out;
    for (const auto& hop : hops)
        out += hop.host + "," + hop.service + "," + std::string(hop.password.reveal()) + ";";
    return out;
}

BytesView payload(const Bytes& frame) { return BytesView(frame).subspan(frame_head_bytes); }

TEST(Route, ComesBackFromItsFrame) {
    const auto hops = hops_of("/H/router.example/S/3299/H/gw.example/S/3300");
    EXPECT_EQ(to_hex(route_frame(hops)), to_hex(load_data("ni/route-2hops.bin")));
    for (const auto* text : {"/H/router.example/S/3299/H/gw.example/S/3300",
                             "/H/a/S/1/W/x/H/b/S/2/W/y/H/c/S/sapgw03", "/H/router/H/gw"}) {
        const auto request = read_route(payload(route_frame(hops_of(text)))).value();
        EXPECT_EQ(written(request.hops), written(hops_of(text)));
        EXPECT_EQ(request.next, 1U);
        EXPECT_EQ(request.talk_mode, TalkMode::ni);
    }
}

TEST(Route, HasOnlySoManyHopsAndCharacters) {
    std::string text;
    for (std::size_t i = 0; i < hops_max; ++i)
        text += "/H/" + std::string(route_field_bytes_max, 'h');
    const auto read = [](const std::string& route) {
        return read_route(payload(route_frame(hops_of(route))));
    };
    EXPECT_TRUE(read(text));
    EXPECT_EQ(read(text + "/H/h").error().code, Errc::limit);
    const auto error = read("/H/a/H/b/W/" + std::string(route_field_bytes_max + 1, 's')).error();
    EXPECT_EQ(error.code, Errc::limit);
    EXPECT_EQ(error.detail.find("sss"), std::string::npos);
    for (const auto* bad : {"", "a b", "\x01"})
        EXPECT_EQ(read(std::string("/H/a/H/") + bad).error().code, Errc::malformed);
}

TEST(Route, ARecordedOneIsRead) {
    if (recordings_folder().empty())
        GTEST_SKIP() << "SALLYPORT_RFC_VECTORS names no folder with recordings";
    const auto bytes = load(recordings_folder() / "captured/saprfclib/ni-route-payload.bin");
    EXPECT_EQ(written(read_route(bytes).value().hops),
              "saprouter.example.com,3299,;192.168.88.7,3300,;");
}

TEST(Route, AFrameThatContradictsItselfIsRefused) {
    const auto good = route_frame(hops_of("/H/a/S/1/H/b/S/2"));
    for (std::size_t at = 0; at < good.size() - frame_head_bytes; ++at) {
        auto bytes = Bytes(payload(good).begin(), payload(good).end());
        bytes[at] ^= std::byte{0x40};
        const bool free = at == 10 || (at >= 13 && at <= 15) || at >= 24;  // not looked at, or text
        if (!free) {
            EXPECT_FALSE(read_route(bytes)) << at;
        }
        EXPECT_FALSE(read_route(payload(good).first(at)));
    }
}

TEST(RouterErrors, AreReadAndWritten) {
    const auto known = load_data("ni/rterr-perm-denied.bin");
    EXPECT_EQ(kind_of(payload(known)), FrameKind::router_error);
    const auto error = router_error_in(known).value();
    EXPECT_EQ(error.code, router_code::permission_denied);
    EXPECT_EQ(error.text, "route permission denied (192.0.2.10 to vhost.example, sapgw00)");
    Bytes frame;
    append_router_error(frame, error, "Sat Nov 21 02:00:00 2026");
    const auto again = router_error_in(frame).value();
    EXPECT_EQ(again.code, error.code);
    EXPECT_EQ(again.text, error.text);
    const auto fields = [](const Bytes& bytes) { return std::ranges::count(bytes, std::byte{0}); };
    EXPECT_EQ(fields(frame), fields(known));
}

TEST(Frames, AreToldApart) {
    EXPECT_EQ(kind_of({}), FrameKind::empty);
    EXPECT_EQ(kind_of(payload(load_data("ni/ping.bin"))), FrameKind::ping);
    EXPECT_EQ(kind_of(payload(load_data("ni/pong.bin"))), FrameKind::pong);
    EXPECT_EQ(kind_of(payload(load_data("ni/route-2hops.bin"))), FrameKind::route);
    EXPECT_EQ(kind_of(as_bytes("NI_PINGS")), FrameKind::record);
    EXPECT_EQ(read_frame_head(load_data("ni/oversize-prefix.bin")).state,
              FrameHead::State::too_large);
    EXPECT_EQ(read_frame_head(load_data("ni/empty.bin")).frame_bytes, frame_head_bytes);
}

}  // namespace
}  // namespace sallyport::rfc::testing
