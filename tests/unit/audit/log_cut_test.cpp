#include "audit/log_cut.hpp"

#include "audit/generation.hpp"
#include "audit/restored.hpp"
#include "audit/verify_generations.hpp"
#include "audit_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using ::testing::HasSubstr;

class LogCutTest : public AuditTest {
protected:
    /// The cut in a folder of its own.
    LogCut copy(const std::filesystem::path& to) {
        auto cut = cut_log(folder);
        EXPECT_TRUE(cut) << to_text(cut.error());
        std::filesystem::create_directories(to);
        while (true) {
            const auto file = cut->next();
            if (!file) ADD_FAILURE() << to_text(file.error());
            if (!file || !*file) return std::move(*cut);
            std::string content((*file)->bytes, '\0');
            EXPECT_EQ(::pread((*file)->file.get(), content.data(), content.size(), 0),
                      static_cast<ssize_t>(content.size()));
            const auto path = to / (*file)->name;
            std::filesystem::create_directories(path.parent_path());
            EXPECT_TRUE(replace_file(path, content, 0640));
        }
    }
};

TEST_F(LogCutTest, EndsAtTheNewestCheckpointWhileTheLogGoesOn) {
    const auto log = open();
    for (int i = 0; i < 10; ++i) {
        log->append(begin("x" + std::to_string(i)));
        log->append(answered("x" + std::to_string(i)));
    }
    ASSERT_TRUE(log->write());
    ASSERT_TRUE(log->seal(not_recorded));
    const auto size = log->sealed().size;
    for (int i = 0; i < 10; ++i) log->append(begin("y" + std::to_string(i)));
    ASSERT_TRUE(log->write());  // on the disk, and not sealed

    const auto to = root / "copy";
    const auto cut = copy(to);
    EXPECT_EQ(cut.size, size);
    EXPECT_EQ(cut.origin, log->identity().origin);
    EXPECT_EQ(cut.vkey, log->identity().vkey);
    EXPECT_EQ(records_of(to).size(), size);
    const auto report = verify(to);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->good()) << what_is_proved(*report);
    EXPECT_EQ(report->seal.size, size);
    EXPECT_EQ(report->seal.root, cut.root);
    EXPECT_EQ(report->personal.present, 10u);  // jane's name, of each begin
    EXPECT_THAT(read_file(to / "00000000000000000000.pii")->substr(0, 60), HasSubstr("\"seq\""));
}

TEST_F(LogCutTest, HasAllSegmentsAndGenerations) {
    {
        const auto log = open();
        write_days(*log, 3);
        log->close();
    }
    ASSERT_TRUE(put_aside(folder, {.origin = "o", .size = 1, .root = "r", .broken = "why"}));
    const auto log = open();
    write_days(*log, 3);
    ASSERT_TRUE(replace_file(folder / "stranger", "x", 0600));
    ASSERT_TRUE(replace_file(folder / "hub.countersigned", "x", 0600));
    const auto to = root / "copy";
    const auto cut = copy(to);
    EXPECT_EQ(cut.size, log->sealed().size);
    EXPECT_TRUE(std::filesystem::exists(to / "generation-0001/broken.json"));
    EXPECT_TRUE(std::filesystem::exists(to / "generation-0001/00000000000000000000.jsonl"));
    EXPECT_TRUE(std::filesystem::exists(to / "hub.countersigned"));
    EXPECT_FALSE(std::filesystem::exists(to / "stranger"));
    EXPECT_TRUE(verify(to)->good());
}

TEST_F(LogCutTest, OfNoLogThereIsNothing) {
    std::filesystem::create_directories(folder);
    auto cut = cut_log(folder);
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->size, 0u);
    EXPECT_EQ(*cut->next(), std::nullopt);
}

/// What a restore makes of a cut.
TEST_F(LogCutTest, ALogThatWasRestoredIsNamedByTheOneThatFollowsAndBothAreGood) {
    {
        const auto log = open();
        write_days(*log, 2);
        log->close();
    }
    const auto before = verify(folder)->seal;
    const auto why = std::string(restored_words) + " made yesterday";
    ASSERT_TRUE(put_aside(folder, {.origin = before.origin,
                                   .size = before.size,
                                   .root = before.root,
                                   .vkey = before.vkeys.back(),
                                   .broken = why}));
    const auto log = open();
    EXPECT_NE(log->identity().origin, before.origin);
    EXPECT_EQ(log->broken(), "");
    log->close();
    const auto whole = verify_whole(folder, {});
    ASSERT_TRUE(whole);
    EXPECT_TRUE(whole->good());
    ASSERT_EQ(whole->generations.size(), 1u);
    EXPECT_EQ(whole->generations[0].told->size, before.size);
    EXPECT_THAT(whole->generations[0].report.notes.front(), HasSubstr("it was " + why));
    EXPECT_THAT(describe(*whole->log.predecessor), HasSubstr(why));
    EXPECT_THAT(describe(*whole->log.predecessor), Not(HasSubstr("not as it was signed")));
}

/// Who shortens what was restored does not get away with it.
TEST_F(LogCutTest, ARestoredLogIsHeldToWhatIsSaidOfIt) {
    {
        const auto log = open();
        write_days(*log, 1);
        log->close();
    }
    const auto before = verify(folder)->seal;
    ASSERT_TRUE(put_aside(folder, {.origin = before.origin,
                                   .size = before.size + 5,
                                   .root = before.root,
                                   .vkey = before.vkeys.back(),
                                   .broken = std::string(restored_words)}));
    open()->close();
    EXPECT_FALSE(verify_whole(folder, {})->good());
}

}  // namespace
}  // namespace sallyport::audit
