#include "forward/log_watch.hpp"

#include "tests/support/run_loop.hpp"
#include "tests/unit/forward/log_folder.hpp"

#include <gtest/gtest.h>

namespace sallyport::forward {
namespace {

TEST(LogWatch, IsToldThoughAnotherHasTakenItsNoteAlready) {
    const LogFolder log;
    net::Loop loop;
    net::Event one(loop.turn);
    net::Event other(loop.turn);
    LogWatch first(loop, log.path(), one);
    LogWatch second(loop, log.path(), other);
    ASSERT_TRUE(first.listen());
    ASSERT_TRUE(second.listen());
    log.append(0, 0, 1);
    ASSERT_TRUE(first.listen());  // before the loop has looked
    EXPECT_TRUE(test::run_until(loop, [&] { return other.is_set(); }));
}

}  // namespace
}  // namespace sallyport::forward
