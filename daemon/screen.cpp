#include "daemon/screen.hpp"

#include "base/write_all.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

volatile std::sig_atomic_t asked_to_end = 0;

void on_end(int) { asked_to_end = 1; }
void on_size(int) {}  // only ends a wait

void handle(int number, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigaction(number, &action, nullptr);  // without SA_RESTART: poll() ends
}

constexpr auto enter = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J";
constexpr auto leave = "\x1b[?25h\x1b[?1049l";

}  // namespace

Screen::Screen() {
    asked_to_end = 0;
    for (const int number : ending_signals) handle(number, on_end);
    handle(SIGWINCH, on_size);
    if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
        auto raw = before_;
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // ^C stays a signal
        raw.c_cc[VMIN] = 0;
        raw.c_cc[VTIME] = 0;
        is_raw_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    write(enter);
}

Screen::~Screen() {
    write(leave);
    if (is_raw_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    for (const int number : ending_signals) handle(number, SIG_DFL);
    handle(SIGWINCH, SIG_DFL);
}

Screen::Size Screen::size() {
    winsize found{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_row == 0 || found.ws_col == 0)
        return {};
    return {.rows = found.ws_row, .columns = found.ws_col};
}

void Screen::draw(const std::vector<std::string>& lines) {
    // Each line is cleared behind its end, and what is below at last: nothing flickers.
    std::string picture = "\x1b[H";
    for (std::size_t i = 0; i < lines.size(); ++i) {
        picture += lines[i];
        picture += i + 1 < lines.size() ? "\x1b[K\r\n" : "\x1b[K";
    }
    write(picture + "\x1b[J");
}

bool Screen::wait(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (asked_to_end == 0) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (left.count() <= 0) return true;
        pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
        const int ready = ::poll(&input, is_raw_ ? 1 : 0, static_cast<int>(left.count()));
        if (ready < 0 && errno == EINTR) return asked_to_end == 0;
        if (ready <= 0) continue;
        char key = 0;
        const auto got = ::read(STDIN_FILENO, &key, 1);
        if (got == 1 && (key == 'q' || key == 'Q')) return false;
        if (got <= 0) return false;  // the terminal is gone
    }
    return false;
}

void Screen::write(const std::string& text) {
    (void)write_all(STDOUT_FILENO, text, "the terminal");  // who is gone does not see it
}

}  // namespace sallyport::daemon
