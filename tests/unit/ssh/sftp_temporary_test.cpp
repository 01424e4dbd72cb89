#include "ssh/sftp_temporary.hpp"

#include "ssh/sftp_fault.hpp"
#include "ssh/upload_name.hpp"
#include "tests/unit/ssh/sftp_world.hpp"

#include <gtest/gtest.h>

namespace sallyport::ssh {
namespace {

constexpr std::uint32_t permission_denied = 3;

class SftpTemporaryTest : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(world.open(server.channel())); }

    /// The kinds of the requests and what they name; the answers are those of a good server.
    std::string answer(const std::string& packet) {
        using Server = test::FakeSftpServer;
        const auto kind = packet.front();
        if (kind == '\x01') return Server::version();
        const auto name = packet.substr(9, static_cast<unsigned char>(packet[8]));
        if (kind == '\x03') {
            asked.push_back("open");
            opened = name;
            if (opens) return Server::packet('\x66' + Server::id_of(packet) + Server::text("h"));
            return Server::status(packet, permission_denied);
        }
        asked.push_back((kind == '\x04' ? "close " : "remove ") + name);
        return Server::status(packet, 0);
    }

    SftpWorld world;
    test::FakeSftpServer server{world.loop, [this](const auto& packet) { return answer(packet); }};
    bool opens = true;
    std::string opened;
    std::vector<std::string> asked;
};

TEST_F(SftpTemporaryTest, IsClosedAndRemovedWhereverAnUploadBreaksOff) {
    {
        SftpTemporary temporary(*world.client, "/in/");
        ASSERT_TRUE(world.run(temporary.open()));
        EXPECT_EQ(temporary.handle(), "h");
        EXPECT_EQ(temporary.path(), opened);
    }
    test::settle(world.loop);
    EXPECT_EQ(asked, (std::vector<std::string>{"open", "close h", "remove " + opened}));
}

TEST_F(SftpTemporaryTest, StaysUnderTheNameThatItWasGiven) {
    {
        SftpTemporary temporary(*world.client, "/in/");
        ASSERT_TRUE(world.run(temporary.open()));
        ASSERT_TRUE(world.run(temporary.close()));
        temporary.has_its_name();
    }
    test::settle(world.loop);
    EXPECT_EQ(asked, (std::vector<std::string>{"open", "close h"}));
}

TEST_F(SftpTemporaryTest, NothingIsRemovedThatTheServerDidNotOpen) {
    opens = false;
    {
        SftpTemporary temporary(*world.client, "/in/");
        EXPECT_EQ(world.run(temporary.open()).error().code, SftpFault::permission_denied);
    }
    test::settle(world.loop);
    EXPECT_EQ(asked, std::vector<std::string>{"open"});
}

TEST_F(SftpTemporaryTest, HasANameThatNobodyHas) {
    SftpTemporary one(*world.client, "/in/");
    SftpTemporary other(*world.client, "/in/");
    EXPECT_NE(one.path(), other.path());
    const auto start = "/in/" + std::string(upload_prefix);
    EXPECT_EQ(one.path().substr(0, start.size()), start);
    EXPECT_EQ(one.path().size(), start.size() + 32);
    one.has_its_name();
    other.has_its_name();
}

}  // namespace
}  // namespace sallyport::ssh
