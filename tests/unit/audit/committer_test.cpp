#include "audit/committer.hpp"

#include <gtest/gtest.h>

#include <future>

namespace sallyport::audit {
namespace {

TEST(Committer, TheLogItselfMayWaitHoweverManyDo) {
    std::promise<void> disk;
    std::promise<void> busy;
    Committer committer([&, first = true](Sequence) mutable {
        if (std::exchange(first, false)) {
            busy.set_value();
            disk.get_future().wait();
        }
        return true;
    });
    std::function<void(bool)> done = [](bool) {};
    ASSERT_TRUE(committer.request(0, done));
    busy.get_future().wait();
    for (std::size_t i = 0; i < Committer::waiting_max; ++i) {
        done = [](bool) {};
        ASSERT_TRUE(committer.request(0, done));
    }
    done = [](bool) {};
    EXPECT_FALSE(committer.request(0, done));
    std::promise<bool> own;
    EXPECT_TRUE(committer.request_always(0, [&](bool durable) { own.set_value(durable); }));
    disk.set_value();
    EXPECT_TRUE(own.get_future().get());
    committer.stop();
    EXPECT_FALSE(committer.request_always(0, [](bool) {}));
}

}  // namespace
}  // namespace sallyport::audit
