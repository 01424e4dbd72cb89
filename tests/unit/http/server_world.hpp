#pragma once

#include "base/error.hpp"
#include "http/h1_connection.hpp"
#include "net/task_group.hpp"
#include "tests/support/memory_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/scripted_service.hpp"
#include "tests/support/wire_talk.hpp"

#include <memory>
#include <optional>

namespace sallyport::http {

using test::head_of;
using test::read_all;
using test::Script;
using test::write_all;

/// A server with one connection, and the client's end of it.
struct ServerWorld {
    explicit ServerWorld(Script script, test::WireOptions options = {}, ServerLimits given = {})
        : service(std::move(script)), limits(given), group(loop) {
        auto [ours, theirs] = test::MemoryDuplex::pair(options);
        client = std::make_unique<test::WireTalk>(loop, std::move(ours));
        connection =
            std::make_unique<H1Connection>(loop, sweep, std::move(theirs), service, limits);
        group.spawn("connection", run());
    }
    ~ServerWorld() {
        group.cancel();
        test::run_until_done(loop, group);
    }
    net::Task<void> run() { relocation = co_await connection->run(); }
    bool until(const std::function<bool()>& condition) { return test::run_until(loop, condition); }
    bool until_heard(std::string_view text) {
        return until([&] { return client->hears(text); });
    }
    bool until_over() {
        return until([&] { return client->over(); });
    }
    bool until_gone() {
        return until([&] { return group.empty(); });
    }

    net::Loop loop;
    net::IdleSweep sweep{loop};
    test::ScriptedService service;
    ServerLimits limits;
    net::TaskGroup group;
    std::unique_ptr<test::WireTalk> client;
    std::unique_ptr<H1Connection> connection;
    std::optional<Relocation> relocation;
};

/// Answers with the method, the target and the body of the request.
inline net::Task<Result<void>> echo(const RequestHead& head, Body& up, Answer& down) {
    const auto body = co_await read_all(up, down);
    if (up.state() != Body::State::ended) co_return Error{Errc::cut, "request"};
    const auto text = std::string(head.method) + " " + std::string(head.target) + " " + body;
    const Field fields[] = {{"x-a", "b"}};
    down.start(head_of(200, BodySize::exactly(text.size()), fields));
    co_await write_all(down, text);
    down.finish();
    co_return Result<void>();
}

}  // namespace sallyport::http
