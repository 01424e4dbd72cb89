#pragma once

#include "base/bytes.hpp"
#include "net/duplex.hpp"
#include "tests/support/memory_duplex.hpp"

#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace sallyport::test {

/// OpenSSH's own sftp-server, one process for each channel, without SSH around it.
class RealSftpServer {
public:
    /// `denied`: requests it is to refuse and not to offer, e.g. "posix-rename,fsync".
    explicit RealSftpServer(std::string denied = {}) : denied_(std::move(denied)) {}
    ~RealSftpServer();
    RealSftpServer(const RealSftpServer&) = delete;
    RealSftpServer& operator=(const RealSftpServer&) = delete;

    static bool is_installed();
    /// Connected and not attached.
    std::unique_ptr<net::Duplex> channel();
    /// All processes die at once.
    void kill();
    int channels() const { return channels_; }

private:
    std::string denied_;
    std::vector<pid_t> processes_;
    int channels_ = 0;
};

/// A server that does whatever a test wants: it is given each packet, without its length, and says
/// which bytes to send.
class FakeSftpServer final : private net::Ready {
public:
    using Script = std::function<std::string(const std::string& packet)>;

    explicit FakeSftpServer(net::Loop& loop, Script script)
        : loop_(loop), script_(std::move(script)) {}

    std::unique_ptr<net::Duplex> channel();
    /// Says something that nobody asked for at this moment.
    void say(const std::string& bytes) { (void)wire_->write(as_bytes(bytes)); }
    /// It vanishes.
    void vanish() { wire_->close(); }

    static std::string number(std::uint32_t value);
    static std::string text(std::string_view value) {
        return number(static_cast<std::uint32_t>(value.size())) + std::string(value);
    }
    /// With its length in front.
    static std::string packet(const std::string& content) { return text(content); }
    static std::string id_of(const std::string& packet) { return packet.substr(1, 4); }
    static std::string status(const std::string& request, std::uint32_t code) {
        return packet('\x65' + id_of(request) + number(code) + text("") + text(""));
    }
    static std::string version() { return packet('\x02' + number(3)); }

private:
    void on_ready() override;

    net::Loop& loop_;
    Script script_;
    std::unique_ptr<MemoryDuplex> wire_;
    std::string received_;
};

}  // namespace sallyport::test
