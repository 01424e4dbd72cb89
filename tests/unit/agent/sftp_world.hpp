#pragma once

#include "agent/sftp_backend.hpp"
#include "tests/loop/tunnel_caller.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/sftp_server.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace sallyport::agent {

/// OpenSSH's sftp-server behind an SftpBackend, in a folder of its own.
class SftpWorld {
public:
    explicit SftpWorld(std::string denied = {}) : server(std::move(denied)) {
        std::filesystem::create_directory(base());
    }
    ~SftpWorld() {
        backend_.reset();
        test::settle(loop);
    }
    SftpWorld(const SftpWorld&) = delete;
    SftpWorld& operator=(const SftpWorld&) = delete;

    net::Loop loop;
    net::IdleSweep sweep{loop};
    test::TemporaryFolder folder;
    test::RealSftpServer server;
    std::vector<mappings::Rule> rules = {{.path = "/", .match = mappings::Match::subpaths}};
    SftpBackend::Options options{};

    std::filesystem::path base() const { return folder.path() / "base"; }
    void write(const std::string& name, std::string_view content) const {
        std::ofstream(base() / name, std::ios::binary) << content;
    }
    std::string read(const std::string& name) const {
        std::ifstream file(base() / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    bool exists(const std::string& name) const {
        return std::filesystem::exists(std::filesystem::symlink_status(base() / name));
    }
    /// Files in a folder, temporary ones among them.
    std::size_t count(const std::string& name = "") const {
        const std::filesystem::directory_iterator all(base() / name);
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

    SftpBackend& backend() {
        if (backend_) return *backend_;
        mappings::Mapping mapping{*mappings::VirtualHost::parse("virtual.test:443"),
                                  *mappings::parse_internal_host("sftp://u@h/base")};
        mapping.rules = rules;
        auto table = mappings::Table::create({mapping});
        options.base = base();
        backend_ = std::make_unique<SftpBackend>(loop, sweep, std::make_unique<Way>(server),
                                                 std::move(*table), options);
        return *backend_;
    }

    std::unique_ptr<test::Caller> start(test::Ask ask) {
        auto caller = std::make_unique<test::Caller>(loop, std::move(ask));
        caller->start_on(backend(), group_);
        return caller;
    }
    std::unique_ptr<test::Caller> ask(test::Ask what) {
        auto caller = start(std::move(what));
        EXPECT_TRUE(test::run_until(loop, [&] { return caller->over(); }));
        return caller;
    }
    std::unique_ptr<test::Caller> get(std::string target, test::OwnedFields fields = {}) {
        return ask({.method = "GET", .target = std::move(target), .fields = std::move(fields)});
    }
    std::unique_ptr<test::Caller> put(std::string target, std::string body,
                                      test::OwnedFields fields = {}) {
        const auto size = http::BodySize::exactly(body.size());
        return ask({.method = "PUT",
                    .target = std::move(target),
                    .fields = std::move(fields),
                    .size = size,
                    .body = std::move(body)});
    }
    std::unique_ptr<test::Caller> move(std::string from, std::string to,
                                       test::OwnedFields fields = {}) {
        fields.emplace_back("destination", std::move(to));
        return ask({.method = "MOVE", .target = std::move(from), .fields = std::move(fields)});
    }

private:
    /// A way to the server.
    class Way final : public Connector {
    public:
        explicit Way(test::RealSftpServer& server) : server_(server) {}
        net::Task<Result<std::unique_ptr<net::Duplex>>> connect(const Login*,
                                                                net::Deadline) override {
            co_return server_.channel();
        }

    private:
        test::RealSftpServer& server_;
    };

    net::TaskGroup group_{loop};
    std::unique_ptr<SftpBackend> backend_;
};

/// Skips where there is no server.
class SftpTest : public testing::Test {
protected:
    void SetUp() override {
        if (!test::RealSftpServer::is_installed()) GTEST_SKIP() << "no sftp-server";
    }
};

}  // namespace sallyport::agent
