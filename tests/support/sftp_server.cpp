#include "tests/support/sftp_server.hpp"

#include "base/file.hpp"
#include "net/socket_duplex.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport::test {
namespace {

constexpr const char* program = "/usr/lib/openssh/sftp-server";

}  // namespace

bool RealSftpServer::is_installed() { return ::access(program, X_OK) == 0; }

RealSftpServer::~RealSftpServer() { kill(); }

void RealSftpServer::kill() {
    for (const auto process : processes_) {
        ::kill(process, SIGKILL);
        ::waitpid(process, nullptr, 0);
    }
    processes_.clear();
}

std::unique_ptr<net::Duplex> RealSftpServer::channel() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::runtime_error("socketpair");
    FileDescriptor ours(ends[0]);
    const FileDescriptor its(ends[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, its.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, its.get(), STDOUT_FILENO);
    std::string name = "sftp-server";
    std::string quiet = "-e";
    std::string flag = "-P";
    std::array<char*, 5> arguments = {name.data(), quiet.data(), nullptr, nullptr, nullptr};
    if (!denied_.empty()) {
        arguments[2] = flag.data();
        arguments[3] = denied_.data();
    }
    pid_t process = 0;
    const int failure =
        ::posix_spawn(&process, program, &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) throw std::runtime_error(program);
    processes_.push_back(process);
    ++channels_;
    return std::make_unique<net::SocketDuplex>(std::move(ours));
}

std::unique_ptr<net::Duplex> FakeSftpServer::channel() {
    auto [ours, theirs] = MemoryDuplex::pair({.room = 64 * 1024 * 1024});
    wire_ = std::move(ours);
    received_.clear();
    if (!wire_->attach(loop_, *this)) throw std::runtime_error("memory wire");
    return std::move(theirs);
}

std::string FakeSftpServer::number(std::uint32_t value) {
    std::string out;
    for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((value >> shift) & 0xffU);
    return out;
}

void FakeSftpServer::on_ready() {
    std::array<std::byte, 65536> buffer;
    while (true) {
        const auto moved = wire_->read(buffer);
        if (moved.state != net::Moved::State::ok) break;
        received_ += as_text(BytesView(buffer).first(moved.bytes));
    }
    while (received_.size() >= 4) {
        std::size_t length = 0;
        for (const char c : received_.substr(0, 4))
            length = length << 8U | static_cast<unsigned char>(c);
        if (received_.size() < 4 + length) return;
        const auto request = received_.substr(4, length);
        received_.erase(0, 4 + length);
        const auto answer = script_(request);
        if (!answer.empty()) (void)wire_->write(as_bytes(answer));
    }
}

}  // namespace sallyport::test
