#include "rfc/route.hpp"

#include "base/error.hpp"
#include "rfc/ni.hpp"
#include "tests/unit/rfc/conversation.hpp"

#include <gtest/gtest.h>

namespace sallyport::rfc::testing {
namespace {

std::string written(std::span<const Hop> hops) {
    std::string out;
    for (const auto& hop : hops)
        out += hop.host + "," + hop.service + "," + std::string(hop.password.reveal()) + ";";
    return out;
}

BytesView payload(const Bytes& frame) { return BytesView(frame).subspan(frame_head_bytes); }

TEST(Route, IsReadFromItsText) {
    EXPECT_EQ(written(parse_route("/H/router/S/3298/W/secret/H/gw/S/sapgw00").value()),
              "router,3298,secret;gw,sapgw00,;");
    EXPECT_EQ(written(parse_route("/H/router/H/gw").value()), "router,3299,;gw,3299,;");
    EXPECT_EQ(written(parse_route("/H/router/P/old/H/gw").value()), "router,3299,old;gw,3299,;");
}

TEST(Route, WhatIsNotOneIsRefused) {
    for (const auto* text : {"", "/", "H/router", "/S/3299", "/H/", "/H/a/X/b", "/H/a/S/1/S/2",
                             "/H/a/W/p/S/1", "/H/a/S/", "/H/a b", "/H/a/H/\x01", "/H/a/b"})
        EXPECT_EQ(parse_route(text).error().code, Errc::malformed) << text;
    std::string many;
    for (std::size_t i = 0; i <= hops_max; ++i) many += "/H/h";
    EXPECT_EQ(parse_route(many).error().code, Errc::limit);
    const auto error = parse_route("/H/a/W/" + std::string(256, 's')).error();
    EXPECT_EQ(error.code, Errc::limit);
    EXPECT_EQ(error.detail.find("sss"), std::string::npos);
}

TEST(Route, IsWrittenAsRecorded) {
    const auto hops = parse_route("/H/router.example/S/3299/H/gw.example/S/3300").value();
    EXPECT_EQ(to_hex(route_frame(hops)), to_hex(load_data("ni/route-2hops.bin")));
}

TEST(Route, ComesBackFromItsFrame) {
    const auto hops = parse_route("/H/a/S/1/W/x/H/b/S/2/W/y/H/c/S/sapgw03").value();
    const auto request = read_route(payload(route_frame(hops))).value();
    EXPECT_EQ(written(request.hops), written(hops));
    EXPECT_EQ(request.next, 1U);
    EXPECT_EQ(request.talk_mode, TalkMode::ni);
}

TEST(Route, ARecordedOneIsRead) {
    if (recordings_folder().empty())
        GTEST_SKIP() << "SALLYPORT_RFC_VECTORS names no folder with recordings";
    const auto bytes = load(recordings_folder() / "captured/saprfclib/ni-route-payload.bin");
    EXPECT_EQ(written(read_route(bytes).value().hops),
              "saprouter.example.com,3299,;192.168.88.7,3300,;");
}

TEST(Route, AFrameThatContradictsItselfIsRefused) {
    const auto good = route_frame(parse_route("/H/a/S/1/H/b/S/2").value());
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
    const auto error = read_router_error(payload(known)).value();
    EXPECT_EQ(error.code, router_code::permission_denied);
    EXPECT_EQ(error.text, "route permission denied (192.0.2.10 to vhost.example, sapgw00)");
    Bytes frame;
    append_router_error(frame, error, "Sat Nov 21 02:00:00 2026");
    const auto again = read_router_error(payload(frame)).value();
    EXPECT_EQ(again.code, error.code);
    EXPECT_EQ(again.text, error.text);
    const auto fields = [](const Bytes& bytes) { return std::ranges::count(bytes, std::byte{0}); };
    EXPECT_EQ(fields(frame), fields(known));
    EXPECT_FALSE(read_router_error(payload(known).first(40)));
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
