#include "daemon/doctor.hpp"

#include "net/within.hpp"

#include <gmock/gmock.h>
#include <thread>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

net::Task<void> add_after(DoctorBase, std::chrono::milliseconds time, std::string id,
                          Findings& into) {
    co_await net::sleep_for(time);
    co_await net::sleep_for(0ms);  // here a cancelled one ends
    into.add(id, id, Judgement::good("here"));
}

Check after(std::chrono::milliseconds time, std::string id) {
    auto title = id;
    return {.id = id, .title = title, .look = [time, id](DoctorBase base, Findings& into) {
                return add_after(base, time, id, into);
            }};
}

std::vector<std::string> ids_of(const std::vector<Finding>& findings) {
    std::vector<std::string> ids;
    for (const auto& finding : findings) ids.push_back(finding.id);
    return ids;
}

TEST(Doctor, TellsFindingsInTheOrderOfTheChecksHoweverTheyEnd) {
    std::vector<std::string> told;
    DoctorListener listener;
    listener.found = [&](const Finding& finding) { told.push_back(finding.id); };
    std::vector<Check> checks;
    checks.push_back(after(20ms, "slow"));
    checks.push_back(after(0ms, "quick"));
    checks.push_back(known({{"known", "", Judgement::good("")}}));
    const auto found = examine(std::move(checks), listener);
    EXPECT_THAT(told, ElementsAre("slow", "quick", "known"));
    EXPECT_EQ(ids_of(found), told);
}

TEST(Doctor, EndsACheckThatHasNoEndAndKeepsWhatItFound) {
    auto endless = after(24h, "endless");
    endless.patience = 1ms;
    std::vector<Check> checks;
    checks.push_back(std::move(endless));
    checks.push_back(after(0ms, "next"));
    const auto found = examine(std::move(checks), {});
    ASSERT_THAT(ids_of(found), ElementsAre("endless", "next"));
    EXPECT_EQ(found[0].judged.verdict, Verdict::failed);
    EXPECT_FALSE(found[0].judged.remedy.empty());
}

TEST(Doctor, MakesMoreChecksThanItMakesAtOnce) {
    std::vector<Check> checks;
    std::size_t progress = 0;
    DoctorListener listener;
    listener.progress = [&](std::size_t done, std::size_t all, const std::string&) {
        EXPECT_LE(done, all);
        progress = done;
    };
    for (std::size_t i = 0; i < doctor_checks_at_once * 3; ++i)
        checks.push_back(after(0ms, std::to_string(i)));
    EXPECT_EQ(examine(std::move(checks), listener).size(), doctor_checks_at_once * 3);
    EXPECT_EQ(progress, doctor_checks_at_once * 3);
}

TEST(Doctor, LooksAtWhatBlocksOnAThreadOfItsOwn) {
    const auto here = std::this_thread::get_id();
    std::vector<Check> checks;
    checks.push_back(blocking_check("x", "x", [here] {
        EXPECT_NE(std::this_thread::get_id(), here);
        return std::vector<Finding>{{"x", "x", Judgement::good("")}};
    }));
    EXPECT_THAT(ids_of(examine(std::move(checks), {})), ElementsAre("x"));
}

}  // namespace
}  // namespace sallyport::daemon
