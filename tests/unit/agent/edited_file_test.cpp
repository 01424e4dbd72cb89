#include "agent/edited_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace sallyport::agent {
namespace {

class EditedFiles : public testing::Test {
protected:
    void SetUp() override {
        auto name = (std::filesystem::path(testing::TempDir()) / "editedXXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
        main = folder / "agent.toml";
        ASSERT_TRUE(replace_file(main, "before", 0640));
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    static mode_t mode(const std::filesystem::path& path) {
        struct stat facts {};
        EXPECT_EQ(::stat(path.c_str(), &facts), 0);
        return facts.st_mode & 07777;
    }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                      std::filesystem::directory_iterator()));
    }
    std::filesystem::path folder;
    std::filesystem::path main;
};

TEST_F(EditedFiles, AreReplacedWithTheirModeAndNothingBesides) {
    ASSERT_TRUE(write_edited({.path = main, .before = "before", .after = "after"}, main));
    EXPECT_EQ(*read_file(main), "after");
    EXPECT_EQ(mode(main), 0640U);
    EXPECT_EQ(files(), 1U);
}

TEST_F(EditedFiles, ThatSomebodyElseChangedAreLeftAlone) {
    const auto done = write_edited({.path = main, .before = "older", .after = "after"}, main);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::conflict);
    EXPECT_EQ(*read_file(main), "before");
    EXPECT_EQ(files(), 1U);
    EXPECT_FALSE(write_edited({.path = main, .after = "after", .is_new = true}, main));
    EXPECT_EQ(*read_file(main), "before");
}

TEST_F(EditedFiles, ThatAreNewGetTheModeOfTheMainFile) {
    const auto file = folder / "mappings.d" / "a.toml";
    ASSERT_TRUE(write_edited({.path = file, .after = "new", .is_new = true}, main));
    EXPECT_EQ(*read_file(file), "new");
    EXPECT_EQ(mode(file), 0640U);
}

TEST_F(EditedFiles, BehindALinkStayBehindIt) {
    const auto link = folder / "link.toml";
    std::filesystem::create_symlink(main, link);
    ASSERT_TRUE(write_edited({.path = link, .before = "before", .after = "after"}, main));
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(*read_file(main), "after");
}

TEST_F(EditedFiles, ThatAreGoneAreAnError) {
    std::filesystem::remove(main);
    EXPECT_FALSE(write_edited({.path = main, .before = "before", .after = "after"}, main));
    EXPECT_EQ(files(), 0U);
}

}  // namespace
}  // namespace sallyport::agent
