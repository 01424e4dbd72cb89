#include "hub/saprouter.hpp"

#include "base/bytes.hpp"
#include "rfc/ni.hpp"
#include "rfc/route.hpp"
#include "tests/support/rfc_routes.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::hub {
namespace {

using Step = StreamHandshake::Step;
using namespace std::string_literals;
namespace code = rfc::router_code;

const std::string pong = "\0\0\0\x08NI_PONG\0"s;

std::string frame_of(const std::string& route) {
    return std::string(as_text(test::route_frame(test::hops_of(route))));
}

std::string route_to(const std::string& target) {
    return frame_of("/H/hub.example.com/S/3299/W/the-key" + target);
}

/// A handshake that is fed piece by piece.
struct RouterClient {
    SapRouter handshake;
    bool key_is_good = true;
    std::string waiting{};
    std::string replies{};
    std::string key{};
    Step step = Step::needs_more;

    Step say(std::string_view bytes, std::size_t piece = 1'000'000) {
        for (std::size_t at = 0; at < bytes.size() && step == Step::needs_more; at += piece) {
            waiting += bytes.substr(at, piece);
            read();
        }
        return step;
    }
    void read() {
        for (bool again = true; again;) {
            std::size_t used = 0;
            step = handshake.read(waiting, used);
            waiting.erase(0, used);
            again = step == Step::identify;
            if (again) {
                key = handshake.credential();
                handshake.judged(key_is_good);
            }
            replies += handshake.take_reply();
        }
    }
    /// The return code of the last reply; 0 if there is none.
    std::int32_t error() const {
        const auto read = test::router_error_in(as_bytes(replies));
        return read ? read->code : 0;
    }
};

TEST(SapRouter, ShakesHandsInPiecesOfAnySize) {
    const auto all = route_to("/H/abap.virtual/S/sapgw00");
    for (std::size_t piece = 1; piece <= all.size(); ++piece) {
        RouterClient client;
        ASSERT_EQ(client.say(all, piece), Step::connect) << piece;
        EXPECT_EQ(client.key, "the-key");
        EXPECT_EQ(client.handshake.authority(), "abap.virtual:3300");
        EXPECT_EQ(client.handshake.location(), "");
        EXPECT_TRUE(client.handshake.credential().empty());
        EXPECT_EQ(client.replies, "");
        client.handshake.granted();
        EXPECT_EQ(client.handshake.take_reply(), pong);
    }
}

TEST(SapRouter, UnderstandsServicesByNameAndNumber) {
    const std::pair<const char*, const char*> cases[] = {
        {"/H/abap.virtual/S/sapgw42", "abap.virtual:3342"},
        {"/H/abap.virtual/S/sapgw42s", "abap.virtual:4842"},
        {"/H/ABAP.Virtual/S/3300", "abap.virtual:3300"},
        {"/H/10.0.0.1/S/3300", "10.0.0.1:3300"},  // a name like another
        {"/H/abap.virtual", "abap.virtual:3299"},
    };
    for (const auto& [target, authority] : cases) {
        RouterClient client;
        EXPECT_EQ(client.say(route_to(target)), Step::connect) << target;
        EXPECT_EQ(client.handshake.authority(), authority);
    }
}

TEST(SapRouter, LeavesWhatFollowsToTheStream) {
    RouterClient client;
    client.say(route_to("/H/abap.virtual/S/sapgw00") + "\0\0\0\x40 more"s);
    EXPECT_EQ(client.step, Step::connect);
    EXPECT_EQ(client.waiting, "\0\0\0\x40 more"s);
}

TEST(SapRouter, FindsTheKeyWhereOldClientsPutIt) {
    RouterClient old;
    EXPECT_EQ(old.say(frame_of("/H/hub/H/abap.virtual/S/sapgw00/W/old-key")), Step::connect);
    EXPECT_EQ(old.key, "old-key");
    RouterClient both;
    EXPECT_EQ(both.say(frame_of("/H/hub/W/one/H/abap.virtual/W/another")), Step::refused);
    EXPECT_EQ(both.error(), code::invalid);
    EXPECT_EQ(both.key, "");
}

TEST(SapRouter, RefusesOtherRoutes) {
    const auto good = route_to("/H/abap.virtual/S/sapgw00");
    const auto changed = [&](std::size_t at, char byte) {
        auto text = good;
        text.at(at) = byte;
        return text;
    };
    const std::pair<std::string, std::int32_t> cases[] = {
        {route_to("/H/next.router/S/3299/H/abap.virtual"), code::permission_denied},
        {frame_of("/H/hub/H/abap.virtual/S/sapgw00"), code::permission_denied},  // no key
        {changed(4 + 9, '\x03'), code::version},
        {changed(4 + 12, '\x01'), code::talk_mode},
        {changed(4 + 11, '\x01'), code::invalid},  // the number of hops
        {changed(4 + 19, '\x01'), code::invalid},  // the length of the list
        {changed(4 + 23, '\x00'), code::invalid},  // the hop that is asked for
        {changed(4 + 24, ' '), code::invalid},     // in the name of a host
        {pong, code::invalid},
        {"\0\0\0\x00"s, code::invalid},
        {"\0\0\0\x0bROUTER_ADM\0"s, code::invalid},
    };
    for (const auto& [said, expected] : cases) {
        RouterClient client;
        EXPECT_EQ(client.say(said), Step::refused);
        EXPECT_EQ(client.error(), expected);
        EXPECT_FALSE(client.handshake.fault().empty());
        EXPECT_EQ(client.say("more"), Step::refused);
    }
}

TEST(SapRouter, DoesNotAnswerWhatIsNoNi) {
    for (const auto& said : {"GET / HTTP/1.1\r\n\r\n"s, "\x16\x03\x01\x02\x00"s,
                             "\x05\x01\x80"s + "x", "\0\0\x08\x01"s, "\xff\xff\xff\xff"s}) {
        RouterClient client;
        EXPECT_EQ(client.say(said), Step::refused) << said;
        EXPECT_EQ(client.replies, "");
    }
    RouterClient largest;
    EXPECT_EQ(largest.say("\0\0\x07\xfc"s), Step::needs_more);
}

TEST(SapRouter, WaitsForTheRestOfARoute) {
    const auto all = route_to("/H/abap.virtual/S/sapgw00");
    for (std::size_t bytes = 0; bytes < all.size(); ++bytes) {
        RouterClient client;
        EXPECT_EQ(client.say(all.substr(0, bytes)), Step::needs_more);
        EXPECT_EQ(client.replies, "");
    }
}

TEST(SapRouter, SaysNothingOfTheTargetToWhomItDoesNotKnow) {
    for (const char* target : {"/H/abap.virtual/S/sapgw00", "/H/a_b/S/nonsense", "/H/not%a%host"}) {
        RouterClient client{.handshake = {}, .key_is_good = false};
        EXPECT_EQ(client.say(route_to(target)), Step::refused);
        EXPECT_EQ(client.error(), code::permission_denied);
        EXPECT_TRUE(client.handshake.authority().empty());
    }
    RouterClient service;
    service.say(route_to("/H/abap.virtual/S/sapdp00"));
    EXPECT_EQ(service.error(), code::service_unknown);
    RouterClient host;
    host.say(route_to("/H/not%a%host/S/sapgw00"));
    EXPECT_EQ(host.error(), code::host_unknown);
}

TEST(SapRouter, TellsWhyThereIsNoStream) {
    const std::pair<StreamRefusal, std::int32_t> cases[] = {
        {StreamRefusal::not_exposed, code::permission_denied},
        {StreamRefusal::not_his, code::permission_denied},
        {StreamRefusal::no_agent, code::refused},
        {StreamRefusal::unreachable, code::connection_refused},
        {StreamRefusal::unauthorized, code::permission_denied},
        {StreamRefusal::busy, code::too_many_clients},
        {StreamRefusal::failed, code::internal},
    };
    for (const auto& [why, expected] : cases) {
        RouterClient client;
        client.say(route_to("/H/abap.virtual/S/sapgw00"));
        client.handshake.refused(why);
        client.replies = client.handshake.take_reply();
        EXPECT_EQ(client.error(), expected);
    }
}

}  // namespace
}  // namespace sallyport::hub
