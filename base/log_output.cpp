#include "base/log_output.hpp"

#include "base/journal_field.hpp"
#include "base/log_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace sallyport::log {
namespace {

/// The last field of an entry of the journal; nothing in a field has an end of line in it.
constexpr std::string_view message_field = "\nMESSAGE=";

/// RFC 3339, UTC, with milliseconds.
void append_time(std::string& out, Output::WallTime time) {
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
    const std::time_t whole = std::chrono::system_clock::to_time_t(seconds);
    std::tm date{};
    ::gmtime_r(&whole, &date);
    std::array<char, 32> text{};
    out.append(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &date));
    const auto fraction = std::to_string(1000 + (milliseconds - seconds).count());
    out += '.';
    out.append(fraction, 1);
    out += 'Z';
}

/// As syslog counts (RFC 5424 section 6.2.1).
std::string_view priority_of(Level level) {
    constexpr std::array<std::string_view, 5> priorities{"7", "6", "4", "3", "3"};
    return priorities[static_cast<std::size_t>(level)];
}

bool is_socket(int file) {
    struct stat facts {};
    return ::fstat(file, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

/// What a full pipe or socket takes without waiting: a pipe that is ready has room for PIPE_BUF.
ssize_t write_some(int file, std::string_view text) {
    const auto bytes = std::min<std::size_t>(text.size(), PIPE_BUF);
    if (is_socket(file)) return ::send(file, text.data(), bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    return ::write(file, text.data(), bytes);
}

}  // namespace

Output::Output(std::string program, const Settings& settings)
    : program_(std::move(program)), settings_(settings) {}

void Output::write(Level level, WallTime time, std::string_view content) {
    if (settings_.target != Target::journal) {
        const int file =
            settings_.target == Target::standard_output ? STDOUT_FILENO : STDERR_FILENO;
        return write_line(level, time, content, settings_.format, file);
    }
    if (send(level, content)) return;
    const auto at = content.rfind(message_field);
    auto text = at == std::string_view::npos ? content : content.substr(at + message_field.size());
    if (text.ends_with('\n')) text.remove_suffix(1);
    write_line(level, time, text, Format::text, STDERR_FILENO);
}

void Output::tell_dropped(std::uint64_t lines, WallTime time) {
    const auto count = std::to_string(lines);
    if (settings_.target == Target::journal)
        return write(Level::warn, time,
                     "SALLYPORT_EVENT=log.dropped\nSALLYPORT_LINES=" + count +
                         "\nMESSAGE=log.dropped lines=" + count + "\n");
    if (settings_.format == Format::json)
        return write(Level::warn, time, R"("event":"log.dropped","lines":)" + count);
    write(Level::warn, time, "log.dropped lines=" + count);
}

void Output::write_line(Level level, WallTime time, std::string_view content, Format format,
                        int file) {
    line_.clear();
    if (format == Format::json) {
        line_ = R"({"time":")";
        append_time(line_, time);
        line_ += R"(","program":)";
        append_json(line_, program_);
        line_ += R"(,"level":")";
        line_ += to_text(level);
        line_ += R"(",)";
        line_ += content;
        line_ += "}\n";
    } else {
        append_time(line_, time);
        for (const auto part : {std::string_view(program_), to_text(level), content}) {
            line_ += ' ';
            line_ += part;
        }
        line_ += '\n';
    }
    write_to(file, line_);
}

void Output::write_to(int file, std::string_view line) {
    while (!line.empty()) {
        if (!wait_for(file)) break;
        const auto count = write_some(file, line);
        if (count > 0) line.remove_prefix(static_cast<std::size_t>(count));
        if (count < 0 && errno != EINTR && errno != EAGAIN) break;
    }
    if (!line.empty()) ++lost_;
}

/// Until it takes more; false: it is time to give up.
bool Output::wait_for(int file) const {
    constexpr int look_again_ms = 100;  // whether the program ends
    while (true) {
        pollfd ready{file, POLLOUT, 0};
        const int count = ::poll(&ready, 1, look_again_ms);
        if (count > 0) return true;
        if (count < 0 && errno != EINTR) return false;
        if (std::chrono::steady_clock::now() >= stop_at_.load()) return false;
    }
}

bool Output::send(Level level, std::string_view fields) {
    line_.clear();
    append_journal_field(line_, "PRIORITY", priority_of(level));
    append_journal_field(line_, "SYSLOG_IDENTIFIER", program_);
    line_ += fields;
    if (journal_ && send_once(line_)) return true;
    return connect() && send_once(line_);  // it may have been restarted
}

bool Output::send_once(std::string_view entry) {
    while (true) {
        if (::send(journal_.get(), entry.data(), entry.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
            return true;
        if (errno == EINTR) continue;
        if (errno != EAGAIN || !wait_for(journal_.get())) return false;
    }
}

bool Output::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = settings_.journal_socket.native();
    if (path.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, path.data(), path.size());
    journal_ = FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return journal_ && ::connect(journal_.get(), reinterpret_cast<const sockaddr*>(&address),
                                 sizeof address) == 0;
}

}  // namespace sallyport::log
