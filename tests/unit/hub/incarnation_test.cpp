#include "hub/incarnation.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

// docs/PROTOCOL.md#epoch
TEST(Incarnation, IsJudgedByEnrolmentThenKeyThenStart) {
    using enum IncarnationVerdict;
    const Incarnation known{.enrolment = 2, .generation = 5, .epoch = 7, .process = "p"};
    struct Case {
        Incarnation wanted;
        IncarnationVerdict verdict;
        const char* why;
    };
    for (const auto& c : {
             Case{{2, 5, 7, "p"}, same, "another link"},
             Case{{2, 6, 7, "p"}, same, "the next certificate of the same process"},
             Case{{2, 4, 7, "p"}, outdated, "a link of the same process that was on its way"},
             Case{{2, 5, 8, "q"}, newer, "the next start"},
             Case{{2, 6, 8, "q"}, newer, "the next start, with the next certificate"},
             Case{{2, 4, 8, "q"}, old_key, "a copy from before a renewal, however often started"},
             Case{{2, 5, 7, "q"}, copy_of_state, "a copy of the present state"},
             Case{{2, 5, 6, "q"}, copy_of_state, "an old copy, restored"},
             Case{{2, 6, 6, "q"}, copy_of_state, "an old copy that renewed"},
             Case{{3, 6, 1, "q"}, newer, "enrolled again, on another machine"},
             Case{{3, 6, 7, "p"}, newer, "enrolled again while it runs"},
         })
        EXPECT_EQ(judge(known, c.wanted), c.verdict) << c.why;
}

TEST(Incarnation, NobodyIsKnownBeforeTheFirstLink) {
    EXPECT_EQ(judge({}, {1, 1, 1, "p"}), IncarnationVerdict::newer);
}

TEST(Incarnation, WhatIsKnownOnlyGrows) {
    const Incarnation known{2, 5, 7, "p"};
    EXPECT_EQ(merge(known, {2, 6, 7, "p"}), (Incarnation{2, 6, 7, "p"}));
    EXPECT_EQ(merge(known, {2, 4, 8, "q"}), (Incarnation{2, 5, 8, "q"}));
    EXPECT_EQ(merge(known, {2, 6, 6, "q"}), (Incarnation{2, 6, 7, "p"}));
    EXPECT_EQ(merge(known, {3, 6, 1, "q"}), (Incarnation{3, 6, 1, "q"}));
    EXPECT_EQ(merge(known, {1, 9, 9, "q"}), known);
}

}  // namespace
}  // namespace sallyport::hub
