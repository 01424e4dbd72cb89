#pragma once

#include "base/file.hpp"
#include "base/result.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"

#include <filesystem>

namespace sallyport::forward {

/// Tells one forwarder that the log has grown (inotify(7)). The kernel keeps one note of many equal
/// ones until it is taken, so a busy log wakes nobody up before listen() was called again. Not
/// shared: who takes a note would take it from the others.
class LogWatch final : private net::Watcher {
public:
    /// `event` outlives it.
    LogWatch(net::Loop& loop, std::filesystem::path folder, net::Event& event)
        : loop_(loop), folder_(std::move(folder)), event_(event) {}
    ~LogWatch();
    LogWatch(const LogWatch&) = delete;
    LogWatch& operator=(const LogWatch&) = delete;

    /// What happens from here on sets the event. Call it, read the log, then wait. Errors: the
    /// operating system's, e.g. if the folder is not there yet.
    Result<void> listen();

private:
    void on_events(std::uint32_t events) override;
    void close();

    net::Loop& loop_;
    std::filesystem::path folder_;
    net::Event& event_;
    FileDescriptor file_;
};

}  // namespace sallyport::forward
