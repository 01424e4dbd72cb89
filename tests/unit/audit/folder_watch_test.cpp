#include "audit/folder_watch.hpp"

#include "audit_fixture.hpp"

namespace sallyport::audit {
namespace {

class FolderWatchTest : public AuditTest {};

TEST_F(FolderWatchTest, TellsWhatHappenedSinceItWasOpened) {
    const auto log = open();
    auto watch = FolderWatch::open(folder);
    ASSERT_TRUE(watch);
    log->append(begin("a"));
    ASSERT_TRUE(log->write());
    EXPECT_TRUE(watch->wait());
}

TEST_F(FolderWatchTest, EndsWhenTheFolderIsRemoved) {
    std::filesystem::create_directory(folder);
    auto watch = FolderWatch::open(folder);
    ASSERT_TRUE(watch);
    std::filesystem::remove(folder);
    const auto waited = watch->wait();
    ASSERT_FALSE(waited);
    EXPECT_EQ(waited.error().code, Errc::closed);
}

TEST_F(FolderWatchTest, AFolderThatIsNotThereIsAnError) {
    EXPECT_FALSE(FolderWatch::open(root / "nowhere"));
}

}  // namespace
}  // namespace sallyport::audit
