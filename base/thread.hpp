#pragma once

#include <functional>
#include <thread>

namespace sallyport {

/// Starts a thread that is sent no signal: those are for the threads with a loop.
std::thread start_deaf_thread(std::function<void()> run);

}  // namespace sallyport
