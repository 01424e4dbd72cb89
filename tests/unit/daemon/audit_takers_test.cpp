#include "daemon/audit_takers.hpp"

#include "forward/cursor.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <stdlib.h>

namespace sallyport::daemon {
namespace {

using forward::Begin;
using forward::Kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AuditTakersTest : public ::testing::Test {
protected:
    AuditTakersTest() {
        auto pattern = (std::filesystem::temp_directory_path() / "sallyport-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) ADD_FAILURE() << "mkdtemp";
        folder = pattern;
    }
    ~AuditTakersTest() override { std::filesystem::remove_all(folder); }

    static forward::Settings target(const std::string& name, Kind kind, Begin begin = Begin::end) {
        forward::Settings settings;
        settings.name = name;
        settings.kind = kind;
        settings.begin = begin;
        return settings;
    }
    void put_cursor(const std::string& name, audit::Sequence sequence) const {
        ASSERT_TRUE(forward::save_cursor(folder / (name + ".cursor"), {0, sequence, {}}));
    }
    std::vector<std::string> asked(std::vector<forward::Settings> forwarders) const {
        AuditTakers takers(folder);
        WitnessSettings ours;
        ours.name = "ours";
        takers.use(std::move(forwarders), {ours}, {"prod"});
        const auto told = takers.ask();
        EXPECT_THAT(told.witnesses, ElementsAre("prod", "ours"));
        std::vector<std::string> texts;
        for (const auto& taker : told.targets)
            texts.push_back(taker.name + " from " + std::to_string(taker.from));
        return texts;
    }

    std::filesystem::path folder;
};

TEST_F(AuditTakersTest, ATargetHasWhatItsCursorSays) {
    for (const auto* name : {"log", "file", "store", "journal"}) put_cursor(name, 40);
    EXPECT_THAT(
        asked({target("log", Kind::syslog), target("file", Kind::file), target("store", Kind::sftp),
               target("journal", Kind::journald)}),
        ElementsAre("forward log from 41", "forward file from 41", "forward store from 40"));
}

TEST_F(AuditTakersTest, WithoutACursorItWantsAllOrNothingOfWhatIsThere) {
    EXPECT_THAT(asked({target("new", Kind::file)}), IsEmpty());
    EXPECT_THAT(asked({target("new", Kind::file, Begin::start)}),
                ElementsAre("forward new from 0"));
}

TEST_F(AuditTakersTest, ACursorThatCannotBeReadBeginsAnew) {
    std::filesystem::create_directory(folder / "lost.cursor");
    EXPECT_THAT(asked({target("lost", Kind::file)}), ElementsAre("forward lost from 0"));
}

}  // namespace
}  // namespace sallyport::daemon
