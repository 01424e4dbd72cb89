#include "ssh/sftp_packet.hpp"

#include "base/error.hpp"
#include "tests/support/sftp_server.hpp"

#include <gtest/gtest.h>

namespace sallyport::ssh {
namespace {

using test::FakeSftpServer;

std::string number(std::uint32_t value) { return FakeSftpServer::number(value); }
std::string text(std::string_view value) { return FakeSftpServer::text(value); }

TEST(SftpPacket, WritesRequestsWithTheirLength) {
    std::string out;
    SftpRequest(out, SftpType::open, 7).text("/a").number(1).permissions(0644);
    EXPECT_EQ(out,
              number(23) + "\x03" + number(7) + text("/a") + number(1) + number(4) + number(0644));
    out.clear();
    append_sftp_init(out);
    EXPECT_EQ(out, number(5) + "\x01" + number(3));
}

TEST(SftpPacket, ReadsStatusHandleDataAndNames) {
    auto wire = "\x65" + number(9) + number(2) + text("gone") + text("en");
    auto reply = parse_sftp_reply(as_bytes(wire));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->id, 9U);
    EXPECT_EQ(reply->status, 2U);
    EXPECT_EQ(reply->text, "gone");

    wire = "\x65" + number(9) + number(0);
    EXPECT_EQ(parse_sftp_reply(as_bytes(wire))->status, 0U);

    wire = "\x66" + number(1) + text("h");
    EXPECT_EQ(parse_sftp_reply(as_bytes(wire))->text, "h");

    wire = "\x67" + number(1) + text("data");
    EXPECT_EQ(as_text(parse_sftp_reply(as_bytes(wire))->data), "data");

    const auto facts = number(0x8000000f) + number(0) + number(5) + number(1) + number(2) +
                       number(0100644) + number(3) + number(4) + number(1) + text("x") + text("y");
    wire = "\x68" + number(1) + number(2) + text("a") + text("long") + facts + text("b") +
           text("") + number(0);
    reply = parse_sftp_reply(as_bytes(wire));
    ASSERT_TRUE(reply);
    ASSERT_EQ(reply->names.size(), 2U);
    EXPECT_EQ(reply->names[0].name, "a");
    EXPECT_EQ(reply->names[0].attributes,
              (SftpAttributes{.size = 5, .permissions = 0100644, .modified = 4}));
    EXPECT_EQ(reply->names[0].attributes.kind(), FileKind::file);
    EXPECT_EQ(reply->names[1].attributes.kind(), FileKind::unknown);
}

TEST(SftpPacket, RefusesWhatDoesNotFit) {
    const std::string cases[] = {
        "",
        "\x65",
        "\x65" + number(1),
        "\x66" + number(1) + number(100) + "short",
        "\x66" + number(1) + text(""),
        "\x66" + number(1) + text(std::string(sftp_handle_bytes_max + 1, 'h')),
        "\x67" + number(1) + number(0xffffffff),
        "\x68" + number(1) + number(0xffffffff),
        "\x68" + number(1) + number(2) + text("a") + text("l") + number(0),
        "\x69" + number(1) + number(0x80000000) + number(0xffffffff),
        "\x03" + number(1),
        "\xc9" + number(1),
    };
    for (const auto& wire : cases) {
        const auto reply = parse_sftp_reply(as_bytes(wire));
        ASSERT_FALSE(reply) << to_hex(as_bytes(wire));
        EXPECT_EQ(reply.error().code, Errc::protocol);
    }
}

TEST(SftpPacket, ReadsWhatAServerCanDo) {
    const auto wire = "\x02" + number(3) + text("posix-rename@openssh.com") + text("1") +
                      text("fsync@openssh.com") + text("2") + text("other") + text("");
    const auto version = parse_sftp_version(as_bytes(wire));
    ASSERT_TRUE(version);
    EXPECT_EQ(version->version, 3U);
    EXPECT_TRUE(version->posix_rename);
    EXPECT_FALSE(version->fsync) << "of a version that is not known";
    EXPECT_FALSE(parse_sftp_version(as_bytes("\x02" + number(3) + number(9))));
    EXPECT_FALSE(parse_sftp_version(as_bytes("\x65" + number(3))));
}

TEST(SftpPacket, KnowsLengthsThatNoPacketHas) {
    EXPECT_EQ(sftp_packet_length(as_bytes("abc")).value(), std::nullopt);
    EXPECT_EQ(sftp_packet_length(as_bytes(number(9))).value(), 9U);
    EXPECT_FALSE(sftp_packet_length(as_bytes(number(0))));
    EXPECT_FALSE(sftp_packet_length(as_bytes(number(sftp_packet_bytes_max + 1))));
    EXPECT_FALSE(sftp_packet_length(as_bytes("Welcome to files.corp")));
}

}  // namespace
}  // namespace sallyport::ssh
