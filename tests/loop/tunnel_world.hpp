#pragma once

#include "net/task_group.hpp"
#include "tests/loop/tunnel_caller.hpp"
#include "tests/support/lossy_duplex.hpp"
#include "tests/support/memory_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/scripted_service.hpp"
#include "tunnel/client_end.hpp"
#include "tunnel/control_stream.hpp"
#include "tunnel/server_end.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

namespace sallyport::test {

struct TunnelOptions {
    tunnel::LinkOptions hub{};
    tunnel::LinkOptions agent{};
    std::size_t hub_memory_bytes = tunnel::MemoryBudget::bytes_default;
    std::size_t agent_memory_bytes = tunnel::MemoryBudget::bytes_default;
    WireOptions wire{};
    std::optional<LossyOptions> lossy{};
    http::Service* channels = nullptr;
    http::Service* ready = nullptr;
};

/// A hub's end and an agent's end, joined by a wire in memory.
class TunnelWorld {
public:
    explicit TunnelWorld(Script exchanges, const TunnelOptions& options = {})
        : service(std::move(exchanges)),
          control([this](tunnel::ControlMessage message) { heard.push_back(std::move(message)); }),
          hub_budget(options.hub_memory_bytes),
          agent_budget(options.agent_memory_bytes),
          tasks(loop),
          callers_(loop) {
        auto [one, two] = MemoryDuplex::pair(options.wire);
        hub_wire = one.get();
        agent_wire = two.get();
        hub.emplace(loop, worsen(std::move(one), options, 1), options.hub, hub_budget);
        agent.emplace(loop, worsen(std::move(two), options, 2), options.agent, agent_budget,
                      tunnel::ServerServices{service, control, options.channels, options.ready});
        tasks.spawn("hub", run_hub());
        tasks.spawn("agent", run_agent());
    }
    ~TunnelWorld() {
        hub->link().close({Errc::aborted, "the test is over"});
        agent->link().close({Errc::aborted, "the test is over"});
        callers_.cancel();
        run_until(loop, [&] { return tasks.empty() && callers_.empty(); });
    }

    Caller& call(Ask ask) { return call(std::move(ask), *hub); }
    Caller& call(Ask ask, http::Service& service_of_hub) {
        auto& made = *callers.emplace_back(std::make_unique<Caller>(loop, std::move(ask)));
        made.start_on(service_of_hub, callers_);
        return made;
    }
    Caller& get(std::string target = "/") {
        Ask ask;
        ask.target = std::move(target);
        return call(std::move(ask));
    }
    bool finish(const Caller& caller) {
        return run_until(loop, [&] { return caller.over(); });
    }
    bool finish_all() {
        return run_until(loop, [&] { return callers_.empty(); });
    }
    bool ended() const { return tasks.empty(); }

    net::Loop loop;
    ScriptedService service;
    std::vector<tunnel::ControlMessage> heard;  // by the agent
    tunnel::AgentControl control;
    tunnel::MemoryBudget hub_budget;
    tunnel::MemoryBudget agent_budget;
    std::optional<tunnel::ClientEnd> hub;
    std::optional<tunnel::ServerEnd> agent;
    MemoryDuplex* hub_wire = nullptr;  // to meddle with, while the links live
    MemoryDuplex* agent_wire = nullptr;
    Error hub_why{};
    Error agent_why{};
    std::vector<std::unique_ptr<Caller>> callers;
    net::TaskGroup tasks;

private:
    static std::unique_ptr<net::Duplex> worsen(std::unique_ptr<net::Duplex> wire,
                                               const TunnelOptions& options, std::uint32_t side) {
        if (!options.lossy) return wire;
        auto lossy = *options.lossy;
        lossy.seed = lossy.seed * 2 + side;
        return std::make_unique<LossyDuplex>(std::move(wire), lossy);
    }
    net::Task<void> run_hub() { hub_why = co_await hub->run(); }
    net::Task<void> run_agent() { agent_why = co_await agent->run(); }

    net::TaskGroup callers_;
};

/// Answers every request with its target.
inline net::Task<Result<void>> echo_target(const http::RequestHead& head, http::Body&,
                                           http::Answer& down) {
    down.start(head_of(200, http::BodySize::exactly(head.target.size())));
    co_await write_all(down, std::string(head.target));
    down.finish({});
    co_return Result<void>{};
}

/// Answers with the request's body.
inline net::Task<Result<void>> echo_body(const http::RequestHead&, http::Body& up,
                                         http::Answer& down) {
    down.start(head_of(200, http::BodySize::until_end()));
    while (!down.aborted()) {
        const auto bytes = up.peek();
        if (bytes.empty() && up.state() != http::Body::State::flowing) break;
        const auto taken = bytes.empty() ? 0 : down.write(bytes);
        if (taken > 0)
            up.consume(taken);
        else
            co_await down.event().wait();
    }
    std::vector<http::Field> trailers(up.trailers().begin(), up.trailers().end());
    down.finish(trailers);
    co_return Result<void>{};
}

/// Granted with `status`, what the caller says comes back, until it ends.
inline void expect_bytes_both_ways(TunnelWorld& world, Caller& caller, int status) {
    ASSERT_TRUE(run_until(world.loop, [&] { return caller.status() == status; }));
    caller.say("ping");
    ASSERT_TRUE(run_until(world.loop, [&] { return caller.answer() == "ping"; }));
    caller.say("pong");
    ASSERT_TRUE(run_until(world.loop, [&] { return caller.answer() == "pingpong"; }));
    caller.end();
    ASSERT_TRUE(world.finish(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
}

/// Says back what comes until the caller has ended.
inline net::Task<void> echo_until_end(http::Body& up, http::Answer& down) {
    while (up.state() == http::Body::State::flowing && !down.aborted()) {
        const auto taken = down.write(up.peek());
        up.consume(taken);
        if (taken == 0) co_await down.event().wait();
    }
    down.finish({});
}

}  // namespace sallyport::test
