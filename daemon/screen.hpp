#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <termios.h>
#include <vector>

namespace sallyport::daemon {

/// The whole terminal, as long as it lives; afterwards everything is as it was, also when SIGINT,
/// SIGTERM, SIGHUP or SIGQUIT asked for the end. One at a time: signals belong to the process.
/// Plain ANSI sequences, no library: a picture is drawn over the one before.
class Screen {
public:
    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    struct Size {
        std::size_t rows = 24;
        std::size_t columns = 80;
    };
    static Size size();

    void draw(const std::vector<std::string>& lines);
    /// Waits. False: somebody wants to end it (q, ^C, a signal). Another size of the terminal ends
    /// the wait early.
    bool wait(std::chrono::milliseconds time);

private:
    void write(const std::string& text);

    termios before_{};
    bool is_raw_ = false;
};

}  // namespace sallyport::daemon
