#include "tunnel/epoch.hpp"

#include <gtest/gtest.h>

namespace sallyport::tunnel {
namespace {

TEST(Epoch, DecidesWhatANewLinkMeansForOneThatIsThere) {
    struct Case {
        Incarnation present;
        Incarnation wanted;
        EpochVerdict verdict;
    };
    for (const auto& c : {Case{{5, "a"}, {5, "a"}, EpochVerdict::coexist},
                          Case{{5, "a"}, {6, "b"}, EpochVerdict::supersede},
                          Case{{5, "a"}, {6, "a"}, EpochVerdict::supersede},
                          Case{{5, "a"}, {5, "b"}, EpochVerdict::refuse},
                          Case{{5, "a"}, {5, ""}, EpochVerdict::refuse},
                          Case{{5, "a"}, {4, "a"}, EpochVerdict::refuse},
                          Case{{0, ""}, {UINT64_MAX, "z"}, EpochVerdict::supersede},
                          Case{{UINT64_MAX, "z"}, {0, ""}, EpochVerdict::refuse}})
        EXPECT_EQ(judge(c.present, c.wanted), c.verdict)
            << c.present.epoch << c.present.process << " " << c.wanted.epoch << c.wanted.process;
}

}  // namespace
}  // namespace sallyport::tunnel
