// The client with servers that lie, babble or vanish.
#include "ssh/sftp_client.hpp"
#include "ssh/sftp_fault.hpp"
#include "tests/unit/ssh/sftp_world.hpp"

#include <gtest/gtest.h>

namespace sallyport::ssh {
namespace {

using test::FakeSftpServer;

std::string number(std::uint32_t value) { return FakeSftpServer::number(value); }
std::string text(std::string_view value) { return FakeSftpServer::text(value); }

std::uint32_t number_at(const std::string& packet, std::size_t at) {
    std::uint32_t value = 0;
    for (const char c : packet.substr(at, 4)) value = value << 8U | static_cast<unsigned char>(c);
    return value;
}

/// What reads of an upright server look like: type, id, handle "h", offset, length.
std::string data_for(const std::string& request, std::size_t bytes) {
    return FakeSftpServer::packet("\x67" + FakeSftpServer::id_of(request) +
                                  text(std::string(bytes, 'd')));
}
std::uint32_t wanted_of(const std::string& request) { return number_at(request, 1 + 4 + 5 + 8); }

/// A server that opens everything as "h" and answers reads as told.
struct Reads {
    FakeSftpServer::Script on_read;
    std::string operator()(const std::string& request) const {
        switch (static_cast<SftpType>(request[0])) {
            case SftpType::init:
                return FakeSftpServer::version();
            case SftpType::open:
                return FakeSftpServer::packet("\x66" + FakeSftpServer::id_of(request) + text("h"));
            case SftpType::read:
                return on_read(request);
            default:
                return FakeSftpServer::status(request, 0);
        }
    }
};

Error download_from(const FakeSftpServer::Script& on_read, std::uint64_t bytes) {
    SftpWorld world;
    FakeSftpServer server(world.loop, Reads{on_read});
    EXPECT_TRUE(world.open(server.channel()));
    const auto read = world.run(world.download("/f", 0, bytes));
    return read ? Error{} : read.error();
}

TEST(SftpHostile, AnUprightServerIsBelieved) {
    const auto upright = [](const std::string& request) {
        return data_for(request, wanted_of(request));
    };
    EXPECT_FALSE(download_from(upright, 1'000'000).code);
}

TEST(SftpHostile, ShortReadsAreAskedForAgain) {
    int reads = 0;
    const auto stingy = [&](const std::string& request) {
        ++reads;
        return data_for(request, std::min<std::uint32_t>(wanted_of(request), 1000));
    };
    EXPECT_FALSE(download_from(stingy, 100'000).code);
    EXPECT_GE(reads, 100);
}

TEST(SftpHostile, MoreOrLessThanWasAskedForEndsTheClient) {
    const auto more = [](const std::string& request) {
        return data_for(request, wanted_of(request) + 1);
    };
    EXPECT_EQ(download_from(more, 1000).code, Errc::protocol);
    const auto nothing = [](const std::string& request) { return data_for(request, 0); };
    EXPECT_EQ(download_from(nothing, 1000).code, Errc::protocol);
    const auto huge = [](const std::string& request) {
        return number(sftp_packet_bytes_max + 1) + "\x67" + FakeSftpServer::id_of(request);
    };
    EXPECT_EQ(download_from(huge, 1000).code, Errc::protocol);
    const auto twice = [](const std::string& request) {
        return data_for(request, 10) + data_for(request, 10);
    };
    EXPECT_EQ(download_from(twice, 10).code, Errc::protocol);
    EXPECT_EQ(download_from(twice, 1000).code, Errc::protocol);
}

TEST(SftpHostile, SingleBytesArriveAsWell) {
    const auto stingy = [](const std::string& request) { return data_for(request, 1); };
    EXPECT_FALSE(download_from(stingy, 3'000).code);
}

TEST(SftpHostile, AnAnswerBeforeTheQuestionEndsTheClient) {
    // Numbers of requests are easy to guess. Whoever believed these would ask on and on.
    std::uint32_t guessed = 0;
    const auto guessing = [&](const std::string& request) {
        const auto id = number_at(request, 1);
        if (guessed > 0) return id < guessed ? "" : data_for(request, wanted_of(request));
        std::string answers;
        for (guessed = id; guessed < id + 100; ++guessed)
            answers += FakeSftpServer::packet("\x67" + number(guessed) + text("d"));
        return answers;
    };
    EXPECT_EQ(download_from(guessing, 1'000'000).code, Errc::protocol);
}

TEST(SftpHostile, AnAnswerToWhatWasNotSentEndsTheClient) {
    SftpWorld world;
    FakeSftpServer server(world.loop, Reads{[](const std::string&) { return ""; }});
    ASSERT_TRUE(world.open(server.channel()));
    const auto handle = world.run(world.client->open_file("/f", sftp_open_read));
    ASSERT_TRUE(handle);
    server.say(FakeSftpServer::packet("\x67" + number(1) + text("d")));
    test::settle(world.loop);
    {
        SftpDownload download(*world.client, *handle, 0, 1'000'000);
        ASSERT_TRUE(download.peek()) << "asks, but nothing is sent before the end of the turn";
        const auto received = world.client->receive();
        ASSERT_FALSE(received);
        EXPECT_EQ(received.error().code, Errc::protocol);
    }
}

TEST(SftpHostile, ShortReadsAreAskedForAgainWhenThereIsRoomOnly) {
    SftpWorld world;
    int answers = 0;
    FakeSftpServer server(world.loop, Reads{[&](const std::string& request) {
                              ++answers;
                              return data_for(request, 1);
                          }});
    ASSERT_TRUE(world.open(server.channel()));
    const auto handle = world.run(world.client->open_file("/f", sftp_open_read));
    ASSERT_TRUE(handle);
    {
        SftpDownload download(*world.client, *handle, 0, 1'000'000);
        ASSERT_TRUE(download.peek());
        const auto asked = world.client->unanswered();
        test::settle(world.loop);
        ASSERT_TRUE(world.client->receive());
        test::settle(world.loop);
        EXPECT_EQ(answers, static_cast<int>(asked));
        EXPECT_EQ(world.client->unanswered(), 0U) << "nobody wants to know more";
        ASSERT_TRUE(download.peek());
        EXPECT_GE(world.client->unanswered(), asked);
    }
}

TEST(SftpHostile, AnEndBeforeTheEndIsACut) {
    const auto short_file = [](const std::string& request) {
        return FakeSftpServer::status(request, 1);
    };
    EXPECT_EQ(download_from(short_file, 1000).code, Errc::cut);
    const auto denied = [](const std::string& request) {
        return FakeSftpServer::status(request, 3);
    };
    EXPECT_EQ(download_from(denied, 1000).code, SftpFault::permission_denied);
    const auto other = [](const std::string& request) {
        return FakeSftpServer::packet("\x66" + FakeSftpServer::id_of(request) + text("h"));
    };
    EXPECT_EQ(download_from(other, 1000).code, Errc::protocol);
}

TEST(SftpHostile, UnknownIdsAndGarbageEndTheClient) {
    const auto unknown = [](const std::string&) {
        return FakeSftpServer::packet("\x65" + number(0xdeadbeef) + number(0));
    };
    EXPECT_EQ(download_from(unknown, 1000).code, Errc::protocol);
    const auto garbage = [](const std::string&) { return std::string("Killed\r\n"); };
    EXPECT_EQ(download_from(garbage, 1000).code, Errc::protocol);
}

TEST(SftpHostile, ALoginScriptThatPrintsIsNamed) {
    SftpWorld world;
    FakeSftpServer server(world.loop, [](const std::string&) { return "Welcome to files.corp\n"; });
    const auto opened = world.open(server.channel());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().detail.find("login script"), std::string::npos);
}

TEST(SftpHostile, AnotherVersionIsRefused) {
    SftpWorld world;
    FakeSftpServer server(
        world.loop, [](const std::string&) { return FakeSftpServer::packet("\x02" + number(2)); });
    EXPECT_EQ(world.open(server.channel()).error().code, Errc::unsupported);
}

TEST(SftpHostile, AServerThatVanishesInATransferIsACut) {
    SftpWorld world;
    int reads = 0;
    FakeSftpServer* self = nullptr;
    FakeSftpServer server(world.loop, Reads{[&](const std::string& request) {
                              if (++reads == 5) self->vanish();
                              return reads >= 5 ? "" : data_for(request, wanted_of(request));
                          }});
    self = &server;
    ASSERT_TRUE(world.open(server.channel()));
    EXPECT_FALSE(world.run(world.download("/f", 0, 10'000'000)));
    EXPECT_TRUE(world.client->failed());
}

TEST(SftpHostile, AServerThatIsSilentWaitsForItsUser) {
    SftpWorld world;
    FakeSftpServer server(world.loop, Reads{[](const std::string&) { return ""; }});
    ASSERT_TRUE(world.open(server.channel()));
    std::optional<Result<std::string>> read;
    world.start(world.download("/f", 0, 10'000'000), read);
    test::settle(world.loop);
    EXPECT_FALSE(read);
    EXPECT_LE(world.client->unanswered(), sftp_transfer_requests_max);
    world.stop = Error{Errc::timed_out, "too long"};
    world.wake();
    ASSERT_TRUE(world.finish());
    EXPECT_EQ(read->error().code, Errc::timed_out);
}

}  // namespace
}  // namespace sallyport::ssh
