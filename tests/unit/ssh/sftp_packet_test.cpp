#include "ssh/sftp_packet.hpp"

#include "base/error.hpp"
#include "tests/support/sftp_server.hpp"

#include <gtest/gtest.h>

namespace sallyport::ssh {
namespace {

using test::FakeSftpServer;

std::string u32(std::uint32_t value) { return FakeSftpServer::number(value); }
std::string field(std::string_view value) { return FakeSftpServer::text(value); }

TEST(SftpPacket, WritesRequestsWithTheirLength) {
    std::string out;
    SftpRequest(out, SftpType::open, 7).text("/a").number(1).permissions(0644);
    EXPECT_EQ(out, u32(23) + "\x03" + u32(7) + field("/a") + u32(1) + u32(4) + u32(0644));
    out.clear();
    append_sftp_init(out);
    EXPECT_EQ(out, u32(5) + "\x01" + u32(3));
}

TEST(SftpPacket, ReadsStatusHandleDataAndNames) {
    auto wire = "\x65" + u32(9) + u32(2) + field("gone") + field("en");
    auto reply = parse_sftp_reply(as_bytes(wire));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->id, 9U);
    EXPECT_EQ(reply->status, 2U);
    EXPECT_EQ(reply->text, "gone");

    wire = "\x65" + u32(9) + u32(0);
    EXPECT_EQ(parse_sftp_reply(as_bytes(wire))->status, 0U);

    wire = "\x66" + u32(1) + field("h");
    EXPECT_EQ(parse_sftp_reply(as_bytes(wire))->text, "h");

    wire = "\x67" + u32(1) + field("data");
    EXPECT_EQ(as_text(parse_sftp_reply(as_bytes(wire))->data), "data");

    const auto facts = u32(0x8000000f) + u32(0) + u32(5) + u32(1) + u32(2) + u32(0100644) + u32(3) +
                       u32(4) + u32(1) + field("x") + field("y");
    wire = "\x68" + u32(1) + u32(2) + field("a") + field("long") + facts + field("b") + field("") +
           u32(0);
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
        "\x65" + u32(1),
        "\x66" + u32(1) + u32(100) + "short",
        "\x66" + u32(1) + field(""),
        "\x66" + u32(1) + field(std::string(sftp_handle_bytes_max + 1, 'h')),
        "\x67" + u32(1) + u32(0xffffffff),
        "\x68" + u32(1) + u32(0xffffffff),
        "\x68" + u32(1) + u32(2) + field("a") + field("l") + u32(0),
        "\x69" + u32(1) + u32(0x80000000) + u32(0xffffffff),
        "\x03" + u32(1),
        "\xc9" + u32(1),
    };
    for (const auto& wire : cases) {
        const auto reply = parse_sftp_reply(as_bytes(wire));
        ASSERT_FALSE(reply) << to_hex(as_bytes(wire));
        EXPECT_EQ(reply.error().code, Errc::protocol);
    }
}

TEST(SftpPacket, ReadsWhatAServerCanDo) {
    const auto wire = "\x02" + u32(3) + field("posix-rename@openssh.com") + field("1") +
                      field("fsync@openssh.com") + field("2") + field("other") + field("");
    const auto version = parse_sftp_version(as_bytes(wire));
    ASSERT_TRUE(version);
    EXPECT_EQ(version->version, 3U);
    EXPECT_TRUE(version->posix_rename);
    EXPECT_FALSE(version->fsync) << "of a version that is not known";
    EXPECT_FALSE(parse_sftp_version(as_bytes("\x02" + u32(3) + u32(9))));
    EXPECT_FALSE(parse_sftp_version(as_bytes("\x65" + u32(3))));
}

TEST(SftpPacket, KnowsLengthsThatNoPacketHas) {
    EXPECT_EQ(sftp_packet_length(as_bytes("abc")).value(), std::nullopt);
    EXPECT_EQ(sftp_packet_length(as_bytes(u32(9))).value(), 9U);
    EXPECT_FALSE(sftp_packet_length(as_bytes(u32(0))));
    EXPECT_FALSE(sftp_packet_length(as_bytes(u32(sftp_packet_bytes_max + 1))));
    EXPECT_FALSE(sftp_packet_length(as_bytes("Welcome to files.corp")));
}

}  // namespace
}  // namespace sallyport::ssh
