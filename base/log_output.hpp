#pragma once

#include "base/file.hpp"
#include "base/log.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::log {

/// Where lines end up. Of the writer's thread, which may wait here for a slow reader: nobody waits
/// for the writer.
class Output {
public:
    using WallTime = std::chrono::system_clock::time_point;
    /// So long a reader that stands still may hold up the end of the program.
    static constexpr std::chrono::seconds stop_time{2};

    Output(std::string program, const Settings& settings);

    /// `content` as Line makes it for the format and the target: text or members of JSON, or fields
    /// of the journal, of which MESSAGE is the last. Where there is no journal it goes to standard
    /// error.
    void write(Level level, WallTime time, std::string_view content);
    /// So many lines before the next one were left out.
    void tell_dropped(std::uint64_t lines, WallTime time);
    /// From any thread: what cannot be written before then is lost.
    void stop_by(std::chrono::steady_clock::time_point deadline) { stop_at_ = deadline; }
    /// Lines that could not be written. From any thread.
    std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

private:
    void write_to(int file, std::string_view line);
    bool wait_for(int file) const;
    void write_line(Level level, WallTime time, std::string_view content, Format format, int file);
    bool send(Level level, std::string_view fields);
    bool send_once(std::string_view entry);
    bool connect();

    std::string program_;
    Settings settings_;
    FileDescriptor journal_;
    std::string line_;
    std::atomic<std::uint64_t> lost_{0};
    std::atomic<std::chrono::steady_clock::time_point> stop_at_{
        std::chrono::steady_clock::time_point::max()};
};

}  // namespace sallyport::log
