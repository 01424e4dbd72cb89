#include "forward/segment_upload.hpp"

#include "base/file.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/sftp_server.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace sallyport::forward {
namespace {

class SegmentUploadTest : public ::testing::Test {
protected:
    SegmentUploadTest() {
        std::filesystem::create_directory(there);
        std::ofstream(file) << content;
    }

    /// Through a server that does without what is `denied`.
    Result<void> upload(const std::string& denied) {
        test::RealSftpServer server(denied);
        std::optional<Result<void>> done;
        net::TaskGroup group(loop);
        group.spawn("upload", run(server.channel(), done));
        EXPECT_TRUE(test::run_until_done(loop, group));
        return *done;
    }
    net::Task<void> run(std::unique_ptr<net::Duplex> channel, std::optional<Result<void>>& done) {
        auto client =
            co_await ssh::SftpClient::open(loop, std::move(channel), net::deadline_in(patience));
        if (!client) {
            done.emplace(client.error());
            co_return;
        }
        UploadWatch watch(sweep, event, **client);
        (*client)->use(watch);
        done.emplace(co_await upload_file(**client, watch, file, there.string()));
        client->reset();
    }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(there), {}));
    }

    static constexpr std::chrono::seconds patience{50};
    test::TemporaryFolder folder;
    std::filesystem::path there = folder.path() / "there";
    std::filesystem::path file = folder.path() / "00000000000000000000.jsonl";
    std::filesystem::path copy = there / "00000000000000000000.jsonl";
    std::string content = std::string(3'000'000, 'x') + "\n";
    net::Loop loop;
    net::IdleSweep sweep{loop};
    net::Event event{loop.turn};
};

TEST(FolderOfLog, IsItsNameWithoutWhatAPathMeans) {
    EXPECT_EQ(folder_of_log("/archive", "sallyport/7d3f"), "/archive/sallyport-7d3f");
    EXPECT_EQ(folder_of_log("/archive/", "../../x"), "/archive/------x");
    EXPECT_EQ(folder_of_log("/archive", ""), "/archive");
}

TEST_F(SegmentUploadTest, FileArrivesWholeUnderItsName) {
    if (!test::RealSftpServer::is_installed()) GTEST_SKIP() << "no sftp-server";
    const auto done = upload("");
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_TRUE(*read_file(copy) == content);
    EXPECT_EQ(files(), 1U);
}

TEST_F(SegmentUploadTest, ReplacesWhatAnAttemptBeforeLeft) {
    if (!test::RealSftpServer::is_installed()) GTEST_SKIP() << "no sftp-server";
    for (const auto* denied : {"", "posix-rename,fsync"}) {
        std::ofstream(copy) << "older";
        const auto done = upload(denied);
        ASSERT_TRUE(done) << done.error().detail;
        EXPECT_TRUE(*read_file(copy) == content);
        EXPECT_EQ(files(), 1U);
    }
}

TEST_F(SegmentUploadTest, AttemptsThatWereCutOffLeaveNoMoreThanOneFile) {
    if (!test::RealSftpServer::is_installed()) GTEST_SKIP() << "no sftp-server";
    std::ofstream(there / (".sallyport-upload-" + file.filename().string())) << "half of it";
    const auto done = upload("");
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_TRUE(*read_file(copy) == content);
    EXPECT_EQ(files(), 1U);
}

TEST_F(SegmentUploadTest, NobodyMayReadItThereWhoMayNotHere) {
    if (!test::RealSftpServer::is_installed()) GTEST_SKIP() << "no sftp-server";
    using std::filesystem::perms;
    const auto few = perms::owner_read | perms::owner_write;
    std::filesystem::permissions(file, few);
    ASSERT_TRUE(upload(""));
    EXPECT_EQ(std::filesystem::status(copy).permissions(), few);
}

TEST_F(SegmentUploadTest, FailsWhereTheFolderIsMissing) {
    if (!test::RealSftpServer::is_installed()) GTEST_SKIP() << "no sftp-server";
    std::filesystem::remove_all(there);
    EXPECT_FALSE(upload(""));
}

}  // namespace
}  // namespace sallyport::forward
