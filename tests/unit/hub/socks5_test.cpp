#include "hub/socks5.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::hub {
namespace {

using Step = StreamHandshake::Step;
using namespace std::string_literals;

const std::string greeting = "\x05\x02\x00\x80"s;
const std::string method_chosen = "\x05\x80"s;
const std::string authenticated = "\x01\x00"s;
const std::string not_authenticated = "\x01\x01"s;

std::string reply(char code) { return "\x05"s + code + "\0\x01\0\0\0\0\0\0"s; }

std::string with_token(const std::string& token, const std::string& location = {}) {
    std::string text = "\x01"s;
    for (int shift = 24; shift >= 0; shift -= 8)
        text += static_cast<char>(token.size() >> static_cast<unsigned>(shift));
    return text + token + static_cast<char>(location.size()) + location;
}

std::string connect_to(const std::string& host, unsigned port) {
    return "\x05\x01\x00\x03"s + static_cast<char>(host.size()) + host +
           static_cast<char>(port >> 8U) + static_cast<char>(port & 0xffU);
}

/// A handshake that is fed piece by piece, and whose token is good.
struct SocksClient {
    Socks5 handshake;
    std::string waiting;
    std::string replies;
    Step step = Step::needs_more;
    std::string token;

    Step say(std::string_view bytes, std::size_t piece = 1'000'000) {
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
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
                token = handshake.credential();
                handshake.judged(true);
            }
            replies += handshake.take_reply();
        }
    }
};

TEST(Socks5, ShakesHandsInPiecesOfAnySize) {
    const auto all = greeting + with_token("tok.en", "QmVybGlu") + connect_to("db.virtual", 5432);
    for (std::size_t piece = 1; piece <= all.size(); ++piece) {
        SocksClient client;
        ASSERT_EQ(client.say(all, piece), Step::connect) << piece;
        EXPECT_EQ(client.token, "tok.en");
        EXPECT_EQ(client.handshake.location(), "Berlin");
        EXPECT_EQ(client.handshake.authority(), "db.virtual:5432");
        EXPECT_EQ(client.replies, method_chosen + authenticated);
        client.handshake.granted();
        EXPECT_EQ(client.handshake.take_reply(), reply(0));
    }
}

TEST(Socks5, LeavesWhatFollowsToTheStream) {
    SocksClient client;
    client.say(greeting + with_token("t") + connect_to("h", 25) + "EHLO x");
    EXPECT_EQ(client.step, Step::connect);
    EXPECT_EQ(client.waiting, "EHLO x");
    EXPECT_EQ(client.handshake.location(), "");
}

TEST(Socks5, ChoosesItsMethodOrNone) {
    const std::pair<std::string, std::string> cases[] = {
        {"\x05\x01\x80"s, method_chosen},
        {"\x05\x03\x00\x02\x80"s, method_chosen},
        {"\x05\x01\x00"s, "\x05\xff"s},  // nobody comes in without a token
        {"\x05\x02\x00\x02"s, "\x05\xff"s},
        {"\x05\x00"s, "\x05\xff"s},
        {"\x04\x01"s, ""},  // SOCKS4
        {"GET / HTTP/1.1\r\n", ""},
        {"\x16\x03\x01"s, ""},  // TLS
    };
    for (const auto& [said, answered] : cases) {
        SocksClient client;
        client.say(said);
        EXPECT_EQ(client.replies, answered);
        EXPECT_EQ(client.step == Step::refused, answered != method_chosen);
    }
}

TEST(Socks5, RefusesWhatIsNoToken) {
    const std::string cases[] = {
        "\x02\0\0\0\x01t\0"s,          // another version
        with_token(""),                // empty
        "\x01\xff\xff\xff\xff"s,       // longer than any
        "\x01\0\0\x40\x01"s,           // by one byte
        with_token("t", "not base6"),  // the location
        with_token("t", "QQ"),         // without its padding
    };
    for (const auto& said : cases) {
        SocksClient client;
        client.say(greeting + said);
        EXPECT_EQ(client.step, Step::refused);
        EXPECT_EQ(client.replies, method_chosen + not_authenticated);
    }
    SocksClient largest;
    largest.say(greeting + with_token(std::string(Socks5::token_bytes_max, 't')));
    EXPECT_EQ(largest.replies, method_chosen + authenticated);
}

TEST(Socks5, RefusesATokenThatWasJudgedBad) {
    Socks5 handshake;
    std::size_t used = 0;
    ASSERT_EQ(handshake.read(greeting + with_token("t"), used), Step::identify);
    (void)handshake.take_reply();
    handshake.judged(false);
    EXPECT_EQ(handshake.take_reply(), not_authenticated);
    EXPECT_EQ(handshake.read(connect_to("h", 1), used), Step::refused);
    EXPECT_EQ(used, 0u);
}

TEST(Socks5, RefusesWhatIsNoConnection) {
    const std::pair<std::string, char> cases[] = {
        {"\x04\x01\x00\x03\x01h\0\x01"s, 1},              // version
        {"\x05\x01\x01\x03\x01h\0\x01"s, 1},              // reserved byte
        {"\x05\x02\x00\x03\x01h\0\x01"s, 7},              // BIND
        {"\x05\x03\x00\x03\x01h\0\x01"s, 7},              // UDP
        {"\x05\x01\x00\x04"s + std::string(18, 'x'), 8},  // IPv6
        {"\x05\x01\x00\x02"s + std::string(18, 'x'), 8},
        {connect_to("h", 0), 2},
        {connect_to("", 1), 2},
        {connect_to("a b", 1), 2},
        {connect_to("a:1", 1), 2},
        {connect_to("a\nb", 1), 2},
        {connect_to("h\xc3\xa4", 1), 2},
        {connect_to("a/b", 1), 2},
        {connect_to("u@h", 1), 2},
        {connect_to("a\"b", 1), 2},
    };
    for (const auto& [said, code] : cases) {
        SocksClient client;
        client.say(greeting);
        client.say(with_token("t"));
        client.say(said);
        EXPECT_EQ(client.step, Step::refused);
        EXPECT_EQ(client.replies, method_chosen + authenticated + reply(code));
    }
}

TEST(Socks5, AnAddressIsANameLikeAnother) {
    SocksClient client;
    client.say(greeting + with_token("t") + "\x05\x01\x00\x01\x0a\x00\x01\xff\x15\x38"s);
    EXPECT_EQ(client.step, Step::connect);
    EXPECT_EQ(client.handshake.authority(), "10.0.1.255:5432");
}

TEST(Socks5, SaysWhyThereIsNoStream) {
    const std::pair<StreamRefusal, char> cases[] = {
        {StreamRefusal::failed, 1},       {StreamRefusal::not_exposed, 2},
        {StreamRefusal::no_agent, 3},     {StreamRefusal::unreachable, 4},
        {StreamRefusal::unauthorized, 5}, {StreamRefusal::not_his, 2},
    };
    for (const auto& [why, code] : cases) {
        SocksClient client;
        client.say(greeting + with_token("t") + connect_to("h", 1));
        client.handshake.refused(why);
        EXPECT_EQ(client.handshake.take_reply(), reply(code));
    }
}

}  // namespace
}  // namespace sallyport::hub
