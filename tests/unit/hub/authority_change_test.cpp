#include "hub/authority_change.hpp"

#include "base/error.hpp"
#include "hub_fixture.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using enum AuthorityStep;

const std::vector<AuthorityEntry> at_first{{}};

std::vector<AuthorityEntry> after(std::vector<AuthorityStep> steps) {
    auto entries = at_first;
    for (const auto step : steps) {
        auto taken = take_step(entries, step, now);
        EXPECT_TRUE(taken);
        if (taken) entries = *taken;
    }
    return entries;
}

std::int64_t number_of(const std::vector<AuthorityEntry>& entries, AuthorityRole role) {
    const auto* entry = find_role(entries, role);
    return entry == nullptr ? 0 : entry->number;
}

TEST(AuthorityChange, LeadsFromOneToTheNext) {
    EXPECT_EQ(phase_of(at_first), AuthorityPhase::stable);
    const auto prepared = after({prepare});
    EXPECT_EQ(phase_of(prepared), AuthorityPhase::prepared);
    EXPECT_EQ(number_of(prepared, AuthorityRole::next), 2);
    EXPECT_TRUE(find_role(prepared, AuthorityRole::current)->issues);
    const auto activated = after({prepare, activate});
    EXPECT_EQ(phase_of(activated), AuthorityPhase::activated);
    EXPECT_FALSE(find_role(activated, AuthorityRole::current)->issues);
    const auto retired = after({prepare, activate, retire});
    EXPECT_EQ(phase_of(retired), AuthorityPhase::stable);
    EXPECT_EQ(number_of(retired, AuthorityRole::current), 2);
    EXPECT_TRUE(find_role(retired, AuthorityRole::current)->issues);
}

TEST(AuthorityChange, EveryPhaseButTheLastCanBeTakenBack) {
    EXPECT_EQ(phase_of(after({prepare, activate, rollback})), AuthorityPhase::prepared);
    const auto given_up = after({prepare, activate, rollback, rollback});
    EXPECT_EQ(phase_of(given_up), AuthorityPhase::stable);
    EXPECT_EQ(number_of(given_up, AuthorityRole::current), 1);
    EXPECT_TRUE(find_role(given_up, AuthorityRole::current)->issues);
    // Its files stay what they are: the next attempt gets another number.
    EXPECT_EQ(number_of(after({prepare, rollback, prepare}), AuthorityRole::next), 3);
    EXPECT_FALSE(take_step(after({prepare, activate, retire}), rollback, now));
}

TEST(AuthorityChange, NoStepIsSkipped) {
    for (const auto step : {activate, retire, rollback})
        EXPECT_EQ(take_step(at_first, step, now).error().code, Errc::conflict);
    for (const auto step : {prepare, retire}) EXPECT_FALSE(take_step(after({prepare}), step, now));
    for (const auto step : {prepare, activate})
        EXPECT_FALSE(take_step(after({prepare, activate}), step, now));
}

TEST(AuthorityChange, CountsWhoHasComeHowFar) {
    StoreContent content;
    const auto add = [&](const char* name, std::vector<std::string> trusts, const char* issuer) {
        content.agents.push_back({.key = {"t", name},
                                  .generation = 5,
                                  .enrolment = 1,
                                  .confirmed = 4,
                                  .authorities = std::move(trusts)});
        content.certificates.push_back(
            {.serial = name, .agent = {"t", name}, .generation = 4, .authority = issuer});
    };
    add("ahead", {"old", "new"}, "new");
    add("learned", {"old", "new"}, "old");
    add("behind", {"old"}, "old");
    content.agents.push_back({.key = {"t", "gone"}, .enrolment = 1, .revoked_at = now});
    content.agents.push_back({.key = {"t", "never"}});
    const auto progress = progress_towards("new", content);
    EXPECT_EQ(progress.agents, 3U);
    EXPECT_EQ(progress.without_next, std::vector<std::string>{"behind"});
    EXPECT_EQ(progress.from_current, (std::vector<std::string>{"learned", "behind"}));
    EXPECT_EQ(progress.from_next, std::vector<std::string>{"ahead"});
}

}  // namespace
}  // namespace sallyport::hub
