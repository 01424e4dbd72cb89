#include "tests/unit/ssh/ssh_server.hpp"

#include "base/file.hpp"
#include "net/socket_duplex.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport::test {
namespace {

std::string user_name() {
    const auto* entry = ::getpwuid(::geteuid());
    return entry == nullptr ? "root" : entry->pw_name;
}

int spawn(const std::vector<std::string>& command, int in, int out, int errors) {
    std::vector<char*> words;
    for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const int process = ::fork();
    if (process == 0) {
        ::dup2(in, 0);
        ::dup2(out, 1);
        ::dup2(errors, 2);
        ::execvp(words.front(), words.data());
        ::_exit(127);
    }
    return process;
}

}  // namespace

std::string run_program(const std::vector<std::string>& command) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    FileDescriptor reading(ends[0]);
    FileDescriptor writing(ends[1]);
    const int process = spawn(command, 0, writing.get(), writing.get());
    writing.close();
    std::string text;
    std::array<char, 4096> chunk{};
    for (ssize_t n = 0; (n = ::read(reading.get(), chunk.data(), chunk.size())) > 0;)
        text.append(chunk.data(), static_cast<std::size_t>(n));
    int status = 0;
    ::waitpid(process, &status, 0);
    EXPECT_EQ(status, 0) << command.front() << ": " << text;
    return text;
}

SshServer::SshServer(const std::string& extra) {
    // sshd of root wants this folder, which its service makes otherwise.
    if (::geteuid() == 0) ::mkdir("/run/sshd", 0755);
    make_key("host_ed25519", "ed25519", "");
    make_key("host_ecdsa", "ecdsa", "");
    make_key("user", "ed25519", "");
    const auto folder = folder_.path().string();
    write("sshd_config", "HostKey " + folder + "/host_ed25519\nHostKey " + folder +
                             "/host_ecdsa\nAuthorizedKeysFile " + folder +
                             "/user.pub\nPermitRootLogin prohibit-password\n"
                             "PasswordAuthentication no\nStrictModes no\nUsePAM no\n"
                             "PidFile none\nLogLevel VERBOSE\n"
                             "Subsystem sftp internal-sftp\n" +
                             extra);
    write("known_hosts", known_line() + "\n");
}

SshServer::~SshServer() {
    for (const int process : processes_) {
        ::kill(process, SIGKILL);
        ::waitpid(process, nullptr, 0);
    }
}

std::unique_ptr<net::Duplex> SshServer::connect() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    FileDescriptor own(ends[0]);
    const FileDescriptor other(ends[1]);
    serve(other);
    return std::make_unique<net::SocketDuplex>(std::move(own));
}

void SshServer::serve(const FileDescriptor& socket) {
    const FileDescriptor log(
        ::open(file("log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    processes_.push_back(spawn({"/usr/sbin/sshd", "-i", "-e", "-f", file("sshd_config").string()},
                               socket.get(), socket.get(), log.get()));
}

void SshServer::kill_last() {
    ::kill(processes_.back(), SIGKILL);
    ::waitpid(processes_.back(), nullptr, 0);
    processes_.pop_back();
}

void SshServer::make_key(const std::string& name, const std::string& type,
                         const std::string& passphrase) {
    run_program({"ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test", "-f",
                 file(name).string()});
}

std::filesystem::path SshServer::write(const std::string& name, const std::string& text) const {
    EXPECT_TRUE(replace_file(file(name), text, 0600));
    return file(name);
}

std::string SshServer::read(const std::string& name) const {
    const auto text = read_file(file(name));
    return text ? *text : std::string();
}

std::string SshServer::known_line(const std::string& type) const {
    const auto key = read("host_" + type + ".pub");
    return "jump.test " + key.substr(0, key.rfind(' '));
}

ssh::Credentials::Files SshServer::files() const {
    return {.key = file("user"), .passphrase = {}, .known_hosts = file("known_hosts")};
}

ssh::Session::Options SshServer::options() {
    auto credentials = ssh::Credentials::load(files());
    EXPECT_TRUE(credentials) << (credentials ? "" : credentials.error().detail);
    ssh::Session::Options options;
    options.host = "jump.test";
    options.user = user_name();
    if (credentials) options.credentials = *credentials;
    return options;
}

}  // namespace sallyport::test
