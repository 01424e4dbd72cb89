// The client with OpenSSH's own server.
#include "ssh/sftp_client.hpp"

#include "ssh/sftp_fault.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/ssh/sftp_world.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>

namespace sallyport::ssh {
namespace {

using testing::UnorderedElementsAre;

class SftpClientTest : public testing::Test {
protected:
    void SetUp() override {
        if (!test::RealSftpServer::is_installed()) GTEST_SKIP() << "no sftp-server";
        ASSERT_TRUE(world.open(server.channel()));
    }
    std::string path(const std::string& name) const { return folder.path() / name; }
    std::string content_of(const std::string& name) const {
        std::ifstream file(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static std::string noise(std::size_t bytes) {
        std::string out(bytes, 0);
        std::uint32_t state = 1;
        for (auto& c : out) c = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
        return out;
    }

    test::TemporaryFolder folder;
    test::RealSftpServer server;
    SftpWorld world;
};

TEST_F(SftpClientTest, WritesAndReadsAFileOfManyChunks) {
    const auto content = noise(5 * 1024 * 1024 + 123);
    ASSERT_TRUE(world.run(world.upload(path("big"), content)));
    EXPECT_TRUE(content_of("big") == content);
    const auto read = world.run(world.download(path("big"), 0, content.size()));
    ASSERT_TRUE(read);
    EXPECT_TRUE(*read == content);
    const auto part = world.run(world.download(path("big"), 1'000'001, 200'000));
    ASSERT_TRUE(part);
    EXPECT_TRUE(*part == content.substr(1'000'001, 200'000));
    EXPECT_EQ(world.client->unanswered(), 0U);
}

TEST_F(SftpClientTest, AnEmptyFileIsAFile) {
    ASSERT_TRUE(world.run(world.upload(path("empty"), "")));
    EXPECT_EQ(std::filesystem::file_size(path("empty")), 0U);
    EXPECT_EQ(world.run(world.download(path("empty"), 0, 0)).value(), "");
}

TEST_F(SftpClientTest, TellsWhatIsThere) {
    ASSERT_TRUE(world.run(world.upload(path("file"), "12345")));
    std::filesystem::create_symlink("file", path("link"));
    EXPECT_EQ(world.run(world.client->lstat(path("file")))->size, 5U);
    EXPECT_EQ(world.run(world.client->lstat(path("link")))->kind(), FileKind::link);
    EXPECT_EQ(world.run(world.client->lstat(folder.path().string()))->kind(), FileKind::folder);
    EXPECT_EQ(world.run(world.client->lstat(path("none"))).error().code, SftpFault::no_such_file);
    EXPECT_EQ(world.run(world.client->realpath(path("link"))).value(),
              std::filesystem::canonical(path("file")));
}

TEST_F(SftpClientTest, PlainRenameNeverReplacesAndPosixRenameDoes) {
    ASSERT_TRUE(world.run(world.upload(path("a"), "A")));
    ASSERT_TRUE(world.run(world.upload(path("b"), "B")));
    EXPECT_EQ(world.run(world.client->rename(path("a"), path("b"))).error().code,
              SftpFault::failure);
    EXPECT_EQ(content_of("b"), "B");
    ASSERT_TRUE(world.client->has_posix_rename());
    ASSERT_TRUE(world.run(world.client->posix_rename(path("a"), path("b"))));
    EXPECT_EQ(content_of("b"), "A");
    EXPECT_FALSE(std::filesystem::exists(path("a")));
}

TEST_F(SftpClientTest, ListsFolders) {
    for (const auto* name : {"x", "y"}) ASSERT_TRUE(world.run(world.upload(path(name), name)));
    ASSERT_TRUE(world.run(world.client->make_folder(path("z"))));
    const auto handle = world.run(world.client->open_folder(folder.path().string()));
    ASSERT_TRUE(handle);
    std::vector<std::string> names;
    while (true) {
        const auto some = world.run(world.client->read_folder(*handle));
        ASSERT_TRUE(some);
        if (some->empty()) break;
        for (const auto& entry : *some) names.push_back(entry.name);
    }
    EXPECT_THAT(names, UnorderedElementsAre(".", "..", "x", "y", "z"));
    EXPECT_TRUE(world.run(world.client->close(*handle)));
    EXPECT_TRUE(world.run(world.client->remove_folder(path("z"))));
    EXPECT_TRUE(world.run(world.client->remove(path("x"))));
    EXPECT_FALSE(std::filesystem::exists(path("x")));
}

TEST_F(SftpClientTest, WhatNobodyWaitsForIsStillCleanedUp) {
    std::optional<Result<std::string>> opened;
    const auto name = path("t");
    world.start(world.client->open_file(name, sftp_open_write | sftp_open_create), opened);
    world.stop = Error{Errc::aborted, "gone"};
    world.wake();
    ASSERT_TRUE(world.finish());
    EXPECT_EQ(opened->error().code, Errc::aborted);
    world.client->remove_later(name);
    world.rest();
    EXPECT_TRUE(test::run_until(world.loop, [&] { return world.client->unanswered() == 0; }));
    EXPECT_FALSE(std::filesystem::exists(path("t")));
    // It is as good as new.
    world.stop.reset();
    world.use();
    EXPECT_TRUE(world.run(world.upload(path("u"), "U")));
}

TEST_F(SftpClientTest, AServerThatDiesEndsWhatWaits) {
    ASSERT_TRUE(world.run(world.upload(path("f"), noise(100'000))));
    server.kill();
    const auto stat = world.run(world.client->lstat(path("f")));
    ASSERT_FALSE(stat);
    EXPECT_TRUE(world.client->failed());
    EXPECT_FALSE(world.run(world.client->lstat(path("f"))));
}

TEST_F(SftpClientTest, AnIdleClientNoticesThatItIsLost) {
    world.rest();
    server.kill();
    EXPECT_TRUE(test::run_until(world.loop, [&] { return world.lost == 1; }));
    EXPECT_TRUE(world.client->failed());
}

TEST(SftpClientOld, KnowsAServerWithoutExtensions) {
    if (!test::RealSftpServer::is_installed()) GTEST_SKIP() << "no sftp-server";
    test::RealSftpServer server("posix-rename,fsync");
    SftpWorld world;
    ASSERT_TRUE(world.open(server.channel()));
    EXPECT_FALSE(world.client->has_posix_rename());
    EXPECT_FALSE(world.client->has_fsync());
}

}  // namespace
}  // namespace sallyport::ssh
