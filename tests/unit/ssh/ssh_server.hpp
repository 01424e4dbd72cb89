#pragma once

#include "base/file.hpp"
#include "net/duplex.hpp"
#include "ssh/credentials.hpp"
#include "ssh/session.hpp"
#include "tests/support/temporary_folder.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sallyport::test {

/// OpenSSH's sshd, one process for each connection, without a port: it speaks over a socket pair
/// (sshd -i). It lets in whoever runs the test with the key of the folder.
class SshServer {
public:
    /// `extra`: further lines for its sshd_config.
    explicit SshServer(const std::string& extra = "");
    /// Also ends the processes.
    ~SshServer();
    SshServer(const SshServer&) = delete;
    SshServer& operator=(const SshServer&) = delete;

    std::unique_ptr<net::Duplex> connect();
    /// Serves a connection that the test has accepted.
    void serve(const FileDescriptor& socket);
    /// Ends the process of the connection made last.
    void kill_last();

    /// Makes a key: file `name` and `name`.pub in the folder.
    void make_key(const std::string& name, const std::string& type, const std::string& passphrase);
    std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
    /// Writes `text` with mode 0600.
    std::filesystem::path write(const std::string& name, const std::string& text) const;
    std::string read(const std::string& name) const;

    /// "jump.test ssh-ed25519 AAAA..." of the host key of a type.
    std::string known_line(const std::string& type = "ed25519") const;
    ssh::Credentials::Files files() const;
    ssh::Session::Options options();
    std::string log() const { return read("log"); }

private:
    TemporaryFolder folder_;
    std::vector<int> processes_;
};

/// Runs a program and returns what it prints; fails the test if it fails.
std::string run_program(const std::vector<std::string>& command);

}  // namespace sallyport::test
