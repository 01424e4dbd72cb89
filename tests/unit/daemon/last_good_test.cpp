#include "daemon/last_good.hpp"

#include "base/error.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace sallyport::daemon {
namespace {

TEST(LastGoodFile, IsReadAsItWasWrittenAndNothingElseIs) {
    const LastGood some{.saved = *mappings::parse_moment("2026-06-01T12:00:00Z"),
                        .documents = {{"/e/agent.toml", "a = \"\xc3\xa4\"\n"}, {"/e/b.toml", ""}}};
    const auto read = LastGood::parse(some.text());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->saved, some.saved);
    EXPECT_EQ(read->documents, some.documents);
    for (const char* text :
         {"", "{}", "[]", R"({"version":1,"saved":"2026-06-01T12:00:00Z","documents":[]})",
          R"({"version":2,"saved":"2026-06-01T12:00:00Z","documents":[{"name":"a","text":""}]})",
          R"({"version":1,"saved":"then","documents":[{"name":"a","text":""}]})",
          R"({"version":1,"saved":"2026-06-01T12:00:00Z","documents":[{"name":"a"}]})",
          R"({"version":1,"saved":"2026-06-01T12:00:00Z","documents":[1]})"})
        EXPECT_FALSE(LastGood::parse(text)) << text;
}

TEST(LastGoodFile, IsOfOneConfigurationAlone) {
    const test::TemporaryFolder folder;
    EXPECT_EQ(LastGood::in(folder.path(), "/e/hub.toml").error().code, Errc::not_found);
    LastGoodKeeper keeper;
    const ConfigTexts texts{{"/e/hub.toml", "a = 1\n"}};
    keeper.keep(folder.path() / last_good_name, "digest", texts);
    const auto good = LastGood::in(folder.path(), "/e/hub.toml");
    ASSERT_TRUE(good);
    EXPECT_EQ(good->documents, texts);
    EXPECT_EQ(LastGood::in(folder.path(), "/e/other.toml").error().code, Errc::conflict);
    struct ::stat facts {};
    ASSERT_EQ(::stat((folder.path() / last_good_name).c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600);
}

TEST(LastGoodFile, IsWrittenOnlyWhereSomethingHasChanged) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / last_good_name;
    LastGoodKeeper keeper;
    keeper.keep(file, "first", {{"/e/hub.toml", "a = 1\n"}});
    std::filesystem::remove(file);
    keeper.keep(file, "first", {{"/e/hub.toml", "a = 1\n"}});
    EXPECT_FALSE(std::filesystem::exists(file));
    keeper.keep(file, "second", {{"/e/hub.toml", "a = 2\n"}});
    EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(LastGoodFile, FindsAValueInABrokenText) {
    EXPECT_EQ(first_value("[hub]\nstate = \"sqlite:///x/hub.db\"\nbroken =", "state"),
              "sqlite:///x/hub.db");
    EXPECT_EQ(first_value("  state='/x'  # here", "state"), "/x");
    EXPECT_EQ(first_value("state_dir = \"/y\"\nstate = \"/x\"", "state"), "/x");
    for (const char* text : {"", "# state = \"/x\"", "state = \"/x", "state", "state = "})
        EXPECT_FALSE(first_value(text, "state")) << text;
}

}  // namespace
}  // namespace sallyport::daemon
