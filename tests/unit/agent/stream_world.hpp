#pragma once

#include "agent/exchange_audit.hpp"
#include "agent/stream_backend.hpp"
#include "tests/loop/tunnel_caller.hpp"
#include "tests/unit/agent/http_world.hpp"

#include <gtest/gtest.h>

#include <cerrno>

/// What tests of streams share.
namespace sallyport::agent {

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

inline StreamBackend::Options stream_options() {
    StreamBackend::Options options;
    options.state = state_of();
    options.first_virtual_port = 5432;
    options.first_internal_port = 15432;
    return options;
}

/// Callers on this side, internal systems on the other.
struct StreamWorld : http::Service {
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
        if (audit != nullptr) return backend.serve_recorded(head, up, down, nullptr, *audit);
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
    ExchangeAudit* audit = nullptr;  // of the exchanges, where something looks into them
    net::IdleSweep sweep{loop};
    FakeConnector connector;
    Fate fate;
    std::vector<std::uint16_t> ports;  // ways that were asked for
    StreamBackend backend;
    std::vector<std::unique_ptr<test::Caller>> callers;
    net::TaskGroup group{loop};
};

}  // namespace sallyport::agent
