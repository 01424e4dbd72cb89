#include "daemon/unrecorded_acts.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/audit_records.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <sys/stat.h>

namespace sallyport::daemon {
namespace {

class UnrecordedActsTest : public testing::Test {
protected:
    std::filesystem::path folder() const { return root_.path() / "audit"; }
    std::filesystem::path file() const { return root_.path() / "audit.acts"; }
    std::unique_ptr<audit::Log> open() const {
        audit::Settings settings;
        settings.folder = folder();
        return std::move(*audit::Log::open(settings));
    }
    static DoneAct act(std::string name) {
        return {.act = std::move(name), .who = "uid:7", .outcome = "done"};
    }
    std::vector<audit::Record> recorded() const {
        return test::records_of(folder(), "admin.action");
    }

    test::TemporaryFolder root_;
    audit::WallTime when_{std::chrono::seconds(1'700'000'000)};
};

TEST_F(UnrecordedActsTest, WhatIsKeptIsRecordedOnceWithItsTime) {
    UnrecordedActs acts(folder());
    auto whole = act("config.reload");
    whole.account = "jane";
    whole.object = "a \"quoted\"\nname";
    whole.before = "1";
    whole.after = "2";
    whole.reason = "because";
    ASSERT_TRUE(acts.keep(whole, when_));
    ASSERT_TRUE(acts.keep(act("agent.drain"), when_ + std::chrono::seconds(1)));
    {
        const auto log = open();
        UnrecordedActs(folder()).take_over(*log);
        UnrecordedActs(folder()).take_over(*log);
    }
    const auto found = recorded();
    ASSERT_EQ(found.size(), 2U);
    const std::pair<const char*, const char*> wanted[] = {
        {"act", "config.reload"},
        {"who", "uid:7"},
        {"account", "jane"},
        {"object", "a \"quoted\"\nname"},
        {"before", "1"},
        {"after", "2"},
        {"outcome", "done"},
        {"reason", "because"},
        {"done_at", "2023-11-14T22:13:20.000000Z"}};
    for (const auto& [key, text] : wanted) EXPECT_EQ(found[0].text(key), text) << key;
    EXPECT_EQ(found[1].text("act"), "agent.drain");
}

TEST_F(UnrecordedActsTest, ItHasItsRoomBeforeItIsNeededAndOnlyItsOwnerMayReadIt) {
    const auto log = open();
    UnrecordedActs(folder()).take_over(*log);
    struct stat found {};
    ASSERT_EQ(::stat(file().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600U);
    EXPECT_EQ(found.st_size, 0);
    EXPECT_GE(static_cast<std::size_t>(found.st_blocks) * 512, UnrecordedActs::kept_bytes_max);
}

TEST_F(UnrecordedActsTest, MoreThanTheFileHoldsStandsInTheJournalOnly) {
    UnrecordedActs acts(folder());
    auto large = act("x");
    large.reason = std::string(2000, 'r');
    std::size_t kept = 0;
    auto result = acts.keep(large, when_);
    for (; result; result = acts.keep(large, when_)) ++kept;
    EXPECT_EQ(result.error().code, Errc::limit);
    EXPECT_GT(kept, 25U);
    EXPECT_LE(std::filesystem::file_size(file()), UnrecordedActs::kept_bytes_max);
    const auto log = open();
    ASSERT_TRUE(acts.settle(*log));
    EXPECT_EQ(recorded().size(), kept);
    EXPECT_TRUE(acts.keep(large, when_)) << "there is room again";
}

TEST_F(UnrecordedActsTest, ALineThatACrashLeftUnfinishedIsDroppedBeforeTheNextOne) {
    {
        UnrecordedActs acts(folder());
        ASSERT_TRUE(acts.keep(act("one"), when_));
    }
    auto text = *read_file(file());
    ASSERT_TRUE(replace_file(file(), text + text.substr(0, 20), 0600));
    ASSERT_TRUE(replace_file(folder(), "no folder", 0600));
    const auto failed = open();
    UnrecordedActs acts(folder());
    acts.take_over(*failed);
    ASSERT_TRUE(acts.keep(act("two"), when_));
    std::filesystem::remove(folder());
    const auto log = open();
    ASSERT_TRUE(acts.settle(*log));
    const auto found = recorded();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].text("act"), "two");
}

TEST_F(UnrecordedActsTest, WhatIsNoActIsPassedOver) {
    const char* lines[] = {"",
                           "[]",
                           "nonsense",
                           R"({"act":"x"})",
                           R"({"act":"x","done_at":"then"})",
                           R"({"done_at":"2023-11-14T22:13:20Z","act":""})"};
    std::string text;
    for (const auto* line : lines) text.append(line).append("\n");
    text += R"({"done_at":"2023-11-14T22:13:20Z","act":"good"})"
            "\n";
    ASSERT_TRUE(replace_file(file(), text, 0600));
    const auto log = open();
    UnrecordedActs(folder()).take_over(*log);
    const auto found = recorded();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].text("act"), "good");
    EXPECT_EQ(*read_file(file()), "");
}

TEST_F(UnrecordedActsTest, AFileThatCannotBeMadeStopsNothing) {
    std::filesystem::create_directory(file());
    const auto log = open();
    UnrecordedActs acts(folder());
    acts.take_over(*log);
    EXPECT_FALSE(acts.keep(act("x"), when_));
    EXPECT_TRUE(log->healthy());
}

}  // namespace
}  // namespace sallyport::daemon
