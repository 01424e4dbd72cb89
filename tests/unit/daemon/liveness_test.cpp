#include "daemon/liveness.hpp"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

using HeldUp = Liveness::HeldUp;
using Loops = std::vector<std::size_t>;

TEST(Liveness, NobodyIsHeldUpBeforeTheFirstQuestion) {
    Liveness liveness(2);
    const auto turn = liveness.turn();
    EXPECT_EQ(turn.ask, (Loops{0, 1}));
    EXPECT_FALSE(turn.held_up);
}

TEST(Liveness, JudgesEachWayToAnswer) {
    struct Case {
        const char* answers;  // one letter per turn: w well, u unwell, - silent
        const char* held_up;  // after each turn: . no, t it does not turn, u unwell
    };
    for (const auto& [answers, held_up] :
         std::vector<Case>{{"wwww", "....."},
                           {"----", "..ttt"},
                           {"-w-w", "....."},  // late once: no harm
                           {"--w-", "..t.."},  // two turns late, then back
                           {"uuuu", "..uuu"},
                           {"uwuw", "....."},
                           {"uuw-", "..u.."},
                           {"w--w", "...t."}}) {
        Liveness liveness(1);
        std::string seen;
        for (const char* answer = answers;; ++answer) {
            const auto turn = liveness.turn();
            seen += !turn.held_up ? '.' : turn.held_up->answers ? 'u' : 't';
            if (*answer == '\0') break;
            if (*answer != '-') liveness.answered(0, *answer == 'w');
        }
        EXPECT_EQ(seen, held_up) << answers;
    }
}

TEST(Liveness, NamesTheLoopThatIsHeldUpAndAsksTheOthersOnly) {
    Liveness liveness(3);
    for (int turn = 0; turn < 3; ++turn) {
        const auto asked = liveness.turn();
        for (const auto loop : asked.ask)
            if (loop != 1) liveness.answered(loop, true);
    }
    const auto turn = liveness.turn();
    EXPECT_EQ(turn.held_up, (HeldUp{.loop = 1, .answers = false}));
    EXPECT_EQ(turn.ask, (Loops{0, 2}));
}

}  // namespace
}  // namespace sallyport::daemon
