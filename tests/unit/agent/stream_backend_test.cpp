#include "agent/stream_backend.hpp"

#include "tests/loop/tunnel_caller.hpp"
#include "tests/unit/agent/http_world.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// What became of the connection to the internal system, and what a test makes of it.
struct Fate {
    bool was_reset = false;
    net::Ready* ready = nullptr;
    bool holds = false;  // what was written is not out yet
    bool lost = false;   // a write is told of the reset, a read after it finds an end, as on Linux
};

class FatefulDuplex final : public net::Duplex {
public:
    FatefulDuplex(std::unique_ptr<net::Duplex> inner, Fate& fate)
        : inner_(std::move(inner)), fate_(fate) {}
    Result<void> attach(net::Loop& loop, net::Ready& ready) override {
        fate_.ready = &ready;
        return inner_->attach(loop, ready);
    }
    void watch(net::Ready& ready) override { inner_->watch(ready); }
    void detach() override { inner_->detach(); }
    net::Moved read(std::span<std::byte> into) override {
        return fate_.lost ? net::Moved{net::Moved::State::ended} : inner_->read(into);
    }
    using Duplex::write;
    net::Moved write(std::span<const BytesView> buffers) override {
        if (!fate_.lost) return inner_->write(buffers);
        return {net::Moved::State::failed, 0, {ECONNRESET, boost::system::system_category()}};
    }
    void finish() override { inner_->finish(); }
    bool all_out() const override { return !fate_.holds; }
    void close() override { inner_->close(); }
    void reset() override {
        fate_.was_reset = true;
        inner_->reset();
    }
    bool readable() const override { return fate_.lost || inner_->readable(); }
    std::string peer() const override { return inner_->peer(); }

private:
    std::unique_ptr<net::Duplex> inner_;
    Fate& fate_;
};

/// One way to the connector that the test holds.
class Way final : public Connector {
public:
    Way(FakeConnector& connector, Fate& fate) : connector_(connector), fate_(fate) {}
    net::Task<Result<std::unique_ptr<net::Duplex>>> connect(const Login* login,
                                                            net::Deadline deadline) override {
        auto made = co_await connector_.connect(login, deadline);
        if (!made) co_return made.error();
        co_return std::unique_ptr<net::Duplex>(
            std::make_unique<FatefulDuplex>(std::move(*made), fate_));
    }

private:
    FakeConnector& connector_;
    Fate& fate_;
};

StreamBackend::Options stream_options() {
    StreamBackend::Options options;
    options.first_virtual_port = 5432;
    options.first_internal_port = 15432;
    return options;
}

/// Callers on this side, internal systems on the other.
struct StreamWorld final : http::Service {
    explicit StreamWorld(StreamBackend::Options options = stream_options(),
                         test::WireOptions wires = {})
        : connector(loop, wires), backend(loop, sweep, with_ways(std::move(options))) {}
    ~StreamWorld() override {
        group.cancel();
        test::run_until_done(loop, group);
    }
    StreamBackend::Options with_ways(StreamBackend::Options options) {
        options.way = [this](std::uint16_t port) {
            ports.push_back(port);
            return std::make_unique<Way>(connector, fate);
        };
        return options;
    }
    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override {
        return backend.serve_as(head, up, down, nullptr);
    }

    test::Caller& call(const std::string& authority = "db.virtual:5432") {
        test::Ask ask;
        ask.method = "CONNECT";
        ask.target = {};
        ask.authority = authority;
        ask.size = http::BodySize::until_end();
        ask.open_end = true;
        auto& caller = *callers.emplace_back(std::make_unique<test::Caller>(loop, std::move(ask)));
        caller.start_on(*this, group);
        return caller;
    }
    /// One that was granted its stream.
    test::Caller& connected() {
        auto& caller = call();
        EXPECT_TRUE(until([&] { return caller.status() == 200; }));
        return caller;
    }
    bool until(const std::function<bool()>& condition) { return test::run_until(loop, condition); }
    bool ends(const test::Caller& caller) {
        return until([&] { return caller.over(); });
    }
    test::WireTalk& system(std::size_t n = 0) { return *connector.made.at(n); }

    net::Loop loop;
    net::IdleSweep sweep{loop};
    FakeConnector connector;
    Fate fate;
    std::vector<std::uint16_t> ports;  // ways that were asked for
    StreamBackend backend;
    std::vector<std::unique_ptr<test::Caller>> callers;
    net::TaskGroup group{loop};
};

TEST(StreamBackend, CarriesBytesBothWays) {
    StreamWorld world;
    auto& caller = world.connected();
    world.system().say("220 ready\r\n");
    ASSERT_TRUE(world.until([&] { return caller.answer() == "220 ready\r\n"; }));
    caller.say("QUIT\r\n");
    ASSERT_TRUE(world.until([&] { return world.system().heard() == "QUIT\r\n"; }));
}

TEST(StreamBackend, AnInternalSystemThatHasEndedIsStillTold) {
    StreamWorld world;
    auto& caller = world.connected();
    world.system().say("bye");
    world.system().finish();
    ASSERT_TRUE(world.until([&] { return caller.finished(); }));
    EXPECT_FALSE(caller.over());
    caller.say("last words");
    ASSERT_TRUE(world.until([&] { return world.system().heard() == "last words"; }));
    caller.end();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    ASSERT_TRUE(world.until([&] { return world.system().over(); }));
    EXPECT_TRUE(world.system().ended()) << "an orderly end, though nothing was left to be sent";
    EXPECT_FALSE(world.fate.was_reset);
}

TEST(StreamBackend, IsNotOverBeforeEverythingIsOut) {
    StreamWorld world;
    auto& caller = world.connected();
    world.fate.holds = true;
    world.system().finish();
    caller.say("last words");
    caller.end();
    ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
    test::settle(world.loop);
    EXPECT_FALSE(caller.over());
    world.fate.holds = false;
    world.fate.ready->on_ready();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
}

TEST(StreamBackend, ACallerThatHasEndedIsStillAnswered) {
    StreamWorld world;
    auto& caller = world.connected();
    caller.say("all I want");
    caller.end();
    ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
    EXPECT_FALSE(caller.over());
    world.system().say("the answer");
    world.system().finish();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.answer(), "the answer");
    EXPECT_FALSE(world.fate.was_reset);
}

TEST(StreamBackend, ACallerThatBreaksOffIsNoEndToTheInternalSystem) {
    for (const auto how : {&test::Caller::cut, &test::Caller::give_up}) {
        StreamWorld world;
        auto& caller = world.connected();
        (caller.*how)();
        ASSERT_TRUE(world.ends(caller));
        EXPECT_EQ(caller.error(), Errc::aborted);
        EXPECT_TRUE(world.fate.was_reset);
    }
}

TEST(StreamBackend, AnInternalSystemThatBreaksOffIsNoEndToTheCaller) {
    StreamWorld world;
    auto& caller = world.connected();
    world.system().close();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::cut);
    EXPECT_FALSE(caller.finished());
}

TEST(StreamBackend, AResetOfWhichAWriteWasToldIsNoEndEither) {
    StreamWorld world;
    auto& caller = world.connected();
    world.fate.lost = true;
    caller.say(std::string(http::WireOutput::direct_bytes_min, 'x'));
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::cut);
    EXPECT_FALSE(caller.finished());
}

TEST(StreamBackend, WhatStandsStillInBothDirectionsEnds) {
    auto options = stream_options();
    options.idle_timeout = 1ms;
    StreamWorld world(std::move(options));
    auto& caller = world.connected();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::timed_out);
    EXPECT_FALSE(caller.finished());
    EXPECT_TRUE(world.fate.was_reset);
}

TEST(StreamBackend, ItsStreamsAreCounted) {
    auto options = stream_options();
    options.connections = 1;
    StreamWorld world(std::move(options));
    auto& first = world.connected();
    auto& second = world.call();
    ASSERT_TRUE(world.ends(second));
    EXPECT_EQ(second.error(), Errc::limit);
    EXPECT_EQ(second.status(), 0);
    EXPECT_EQ(world.connector.made.size(), 1U);
    first.give_up();
    ASSERT_TRUE(world.ends(first));
    world.connected();
}

TEST(StreamBackend, AnInternalSystemThatCannotBeReachedTakesNoPlace) {
    auto options = stream_options();
    options.connections = 1;
    StreamWorld world(std::move(options));
    world.connector.refuses = true;
    for (int i = 0; i < 2; ++i) {
        auto& caller = world.call();
        ASSERT_TRUE(world.ends(caller));
        EXPECT_EQ(caller.error(), Errc::unavailable);
        EXPECT_EQ(caller.status(), 0) << "the answer is whoever called's to give";
    }
}

TEST(StreamBackend, ACallerWhoLeavesIsNotConnectedAnyMore) {
    auto options = stream_options();
    options.connections = 1;
    StreamWorld world(std::move(options));
    world.connector.hangs = true;
    auto& caller = world.call();
    ASSERT_TRUE(world.until([&] { return world.connector.connecting == 1; }));
    caller.give_up();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::aborted);
    EXPECT_EQ(world.connector.connecting, 0);
    world.connector.hangs = false;
    world.connected();
}

TEST(StreamBackend, AnAgentThatStopsBreaksOff) {
    StreamWorld world;
    world.connected();
    world.group.cancel();
    ASSERT_TRUE(test::run_until_done(world.loop, world.group));
    EXPECT_TRUE(world.fate.was_reset);
}

TEST(StreamBackend, EveryPortOfARangeHasItsOwnWay) {
    StreamWorld world;
    for (const auto* authority : {"db.virtual:5433", "db.virtual:5432", "DB.virtual:5433"}) {
        auto& caller = world.call(authority);
        ASSERT_TRUE(world.until([&] { return caller.status() == 200; }));
    }
    EXPECT_THAT(world.ports, ElementsAre(15433, 15432));
    for (const auto* authority : {"db.virtual:5431", "db.virtual", "db.virtual:0"}) {
        auto& caller = world.call(authority);
        ASSERT_TRUE(world.ends(caller));
        EXPECT_EQ(caller.error(), Errc::malformed) << authority;
    }
}

TEST(StreamBackend, ACallerWhoDoesNotReadHoldsUpTheInternalSystem) {
    constexpr std::size_t room = 64 * 1024;
    constexpr std::size_t much = 8 * http::WireInput::capacity;
    StreamWorld world(stream_options(), {.room = room});
    auto& caller = world.connected();
    caller.pause();
    world.system().say(std::string(much, 'x'));
    test::settle(world.loop);
    EXPECT_GE(world.system().unsent(), much - room - http::WireInput::capacity);
    world.system().finish();
    caller.end();
    caller.resume();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.received(), much);
}

}  // namespace
}  // namespace sallyport::agent
