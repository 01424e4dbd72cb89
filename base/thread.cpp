#include "base/thread.hpp"

#include <csignal>
#include <pthread.h>
#include <utility>

namespace sallyport {

std::thread start_deaf_thread(std::function<void()> run) {
    // A thread begins with the mask of who starts it: so no signal comes in between.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread(std::move(run));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

}  // namespace sallyport
