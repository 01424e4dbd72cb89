#pragma once

#include "base/file.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <cstdint>
#include <sys/socket.h>
#include <vector>

namespace sallyport::test {

/// A port of this machine; nobody accepts by himself.
class Port {
public:
    explicit Port(int backlog) : socket_(::socket(AF_INET, type, 0)) {
        sockaddr_in address = loopback(0);
        EXPECT_EQ(::bind(socket_.get(), as_any(address), sizeof address), 0);
        EXPECT_EQ(::listen(socket_.get(), backlog), 0);
        socklen_t size = sizeof address;
        EXPECT_EQ(::getsockname(socket_.get(), as_any(address), &size), 0);
        number_ = ntohs(address.sin_port);
    }
    std::uint16_t number() const { return number_; }
    /// Nothing if nobody has connected.
    FileDescriptor accept() const {
        return FileDescriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
    /// From then on the kernel does not answer who connects.
    void fill() {
        for (int i = 0; i < 4; ++i) {
            waiting_.emplace_back(::socket(AF_INET, type, 0));
            sockaddr_in address = loopback(number_);
            static_cast<void>(::connect(waiting_.back().get(), as_any(address), sizeof address));
        }
    }

private:
    static constexpr int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    static sockaddr_in loopback(std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    static sockaddr* as_any(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

    FileDescriptor socket_;
    std::uint16_t number_ = 0;
    std::vector<FileDescriptor> waiting_;
};

}  // namespace sallyport::test
