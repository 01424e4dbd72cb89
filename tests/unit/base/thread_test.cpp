#include "base/thread.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <pthread.h>

namespace sallyport {
namespace {

bool is_blocked(int signal) {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    return sigismember(&mask, signal) == 1;
}

TEST(DeafThread, IsSentNoSignalWhileWhoStartedItStillIs) {
    bool terminate = false;
    bool hang_up = false;
    auto thread = start_deaf_thread([&] {
        terminate = is_blocked(SIGTERM);
        hang_up = is_blocked(SIGHUP);
    });
    thread.join();
    EXPECT_TRUE(terminate);
    EXPECT_TRUE(hang_up);
    EXPECT_FALSE(is_blocked(SIGTERM));
    EXPECT_FALSE(is_blocked(SIGHUP));
}

}  // namespace
}  // namespace sallyport
