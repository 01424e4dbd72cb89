#pragma once

#include "base/error.hpp"
#include "ssh/sftp_client.hpp"
#include "ssh/sftp_transfer.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/sftp_server.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sallyport::ssh {

/// A loop with one client on it, and its one user.
class SftpWorld : private SftpUser, private SftpOwner {
public:
    net::Loop loop;
    std::unique_ptr<SftpClient> client;
    std::optional<Error> stop;  // what the user says from now on
    int lost = 0;

    SftpWorld() : group_(loop), event_(loop.turn) {}
    ~SftpWorld() {
        client.reset();
        test::settle(loop);
    }
    SftpWorld(const SftpWorld&) = delete;
    SftpWorld& operator=(const SftpWorld&) = delete;

    /// Runs a coroutine to its end.
    template <class T>
    Result<T> run(net::Task<Result<T>> task) {
        std::optional<Result<T>> out;
        group_.spawn("test", keep(std::move(task), out));
        EXPECT_TRUE(test::run_until_done(loop, group_));
        if (!out) return Error{Errc::failed, "it did not end"};
        return std::move(*out);
    }
    /// Starts one; the test sees to its end.
    template <class T>
    void start(net::Task<Result<T>> task, std::optional<Result<T>>& out) {
        group_.spawn("test", keep(std::move(task), out));
    }
    bool finish() { return test::run_until_done(loop, group_); }

    Result<void> open(std::unique_ptr<net::Duplex> channel) {
        auto opened = run(
            SftpClient::open(loop, std::move(channel), net::deadline_in(std::chrono::seconds(45))));
        if (!opened) return opened.error();
        client = std::move(*opened);
        client->use(*this);
        return {};
    }
    void rest() { client->rest(*this); }
    void use() { client->use(*this); }
    void wake() { event_.set(); }

    net::Task<Result<void>> upload(std::string path, std::string content) {
        auto handle =
            co_await client->open_file(path, sftp_open_write | sftp_open_create | sftp_open_new);
        if (!handle) co_return handle.error();
        {
            SftpUpload upload(*client, *handle);
            auto rest = as_bytes(content);
            while (true) {
                if (auto received = client->receive(); !received) co_return received.error();
                if (!rest.empty()) {
                    const auto taken = upload.write(rest);
                    if (!taken) co_return taken.error();
                    rest = rest.subspan(*taken);
                    if (*taken > 0) continue;
                }
                const auto complete = upload.complete();
                if (!complete) co_return complete.error();
                if (*complete && rest.empty()) break;
                if (auto good = may_go_on(); !good) co_return good.error();
                co_await event_.wait();
            }
        }
        co_return co_await client->close(*handle);
    }

    net::Task<Result<std::string>> download(std::string path, std::uint64_t offset,
                                            std::uint64_t bytes) {
        auto handle = co_await client->open_file(path, sftp_open_read);
        if (!handle) co_return handle.error();
        std::string content;
        {
            SftpDownload download(*client, *handle, offset, bytes);
            while (!download.done()) {
                const auto received = client->receive();
                const auto some = download.peek();
                if (!some) co_return some.error();
                content += as_text(*some);
                if (!some->empty()) {
                    download.consume(some->size());
                    continue;
                }
                if (!received) co_return received.error();
                if (auto good = may_go_on(); !good) co_return good.error();
                co_await event_.wait();
            }
        }
        if (auto closed = co_await client->close(*handle); !closed) co_return closed.error();
        co_return content;
    }

private:
    net::Event& event() override { return event_; }
    Result<void> may_go_on() const override {
        if (stop) return *stop;
        return {};
    }
    void on_lost() override { ++lost; }
    void on_answered() override {}

    template <class T>
    static net::Task<void> keep(net::Task<Result<T>> task, std::optional<Result<T>>& out) {
        out = co_await std::move(task);
    }

    net::TaskGroup group_;
    net::Event event_;
};

}  // namespace sallyport::ssh
