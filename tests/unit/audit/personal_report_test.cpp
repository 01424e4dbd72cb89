// What verify says of personal values: there, erased, or missing.
#include "audit/disclosure.hpp"
#include "audit/erasure.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"

namespace sallyport::audit {
namespace {

using namespace std::chrono_literals;

class PersonalReportTest : public AuditTest {
protected:
    static void append(Log& log, std::string_view user) {
        auto event = begin("x");
        event.user = user;
        log.append(event);
    }
    PersonalReport report() const {
        const auto found = verify(folder);
        EXPECT_TRUE(found);
        notes = found->notes;
        return found->personal;
    }
    void expect(std::uint64_t present, std::uint64_t erased, std::uint64_t missing,
                std::uint64_t falsified = 0) const {
        const auto found = report();
        EXPECT_EQ(found.present, present);
        EXPECT_EQ(found.erased, erased);
        EXPECT_EQ(found.missing, missing);
        EXPECT_EQ(found.falsified, falsified);
        const bool told = std::ranges::any_of(notes, [](const std::string& note) {
            return note.find("personal values are missing") != std::string::npos;
        });
        EXPECT_EQ(told, missing > 0);
    }
    std::filesystem::path values() const { return folder / disclosures_name(0); }

    mutable std::vector<std::string> notes;
};

TEST_F(PersonalReportTest, AnErasureOnRecordExplainsWhatIsNotThere) {
    {
        const auto log = open();
        for (const auto* user : {"jane", "john", "jane", "jim"}) append(*log, user);
        ASSERT_TRUE(log->write());
        expect(4, 0, 0);
        ASSERT_TRUE(log->erase({.subject = "jane"}, "uid:0"));
        expect(2, 2, 0);
    }
    auto text = *read_file(values());
    text.erase(0, text.find('\n') + 1);
    ASSERT_TRUE(replace_file(values(), text, 0640));
    expect(1, 2, 1);
    std::filesystem::remove(values());
    expect(0, 2, 2);
}

TEST_F(PersonalReportTest, EveryErasureCounts) {
    const auto log = open();
    append(*log, "jane");
    ASSERT_TRUE(log->write());
    ASSERT_TRUE(log->erase({.subject = "jane"}, "uid:0"));
    append(*log, "jane");
    ASSERT_TRUE(log->write());
    ASSERT_TRUE(log->erase({.subject = "jane"}, "uid:0"));
    expect(0, 2, 0);
}

TEST_F(PersonalReportTest, AnotherValueThanTheOneRecordedIsFalsified) {
    {
        const auto log = open();
        append(*log, "jane");
    }
    auto text = *read_file(values());
    text.replace(text.find("jane"), 4, "john");
    ASSERT_TRUE(replace_file(values(), text, 0640));
    expect(0, 0, 0, 1);
}

TEST_F(PersonalReportTest, ValuesThatWentForTheirAgeAreErased) {
    auto with = settings();
    with.retention = {.days = 0, .disclosure_days = 2};
    {
        const auto log = open(with);
        log->look_after();
        for (int day = 0; day < 4; ++day) {
            append(*log, "jane");
            append(*log, "john");
            ASSERT_TRUE(log->write());
            clock.pass(24h);
        }
        append(*log, "jim");
        ASSERT_TRUE(log->seal(not_recorded));
        expect(9, 0, 0);
        log->look_after();
        expect(5, 4, 0);
    }
    std::filesystem::remove(folder / disclosures_name(list_segments(folder)->back().first));
    expect(4, 4, 1);
}

}  // namespace
}  // namespace sallyport::audit
