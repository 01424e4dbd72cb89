#include "http/h1_connection.hpp"
#include "tests/support/call.hpp"
#include "tests/support/memory_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/scripted_service.hpp"
#include "tests/support/wire_talk.hpp"
#include "tunnel/client_end.hpp"
#include "tunnel/h2_session.hpp"
#include "tunnel/server_end.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

/// What a peer that breaks the rules can make us hold.
namespace sallyport::tunnel {
namespace {

struct Notes final : H2Stream {
    void on_field(std::string_view name, std::string_view value) override {
        bytes += name.size() + value.size();
    }
    void on_fields_end(bool) override { ++sections; }
    void on_data(BytesView) override {}
    void on_end() override {}
    void on_closed(H2Code) override { closed = true; }
    Pulled pull(std::span<std::byte>) override { return {.bytes = 0, .ended = true}; }
    Held held() const override { return {}; }
    std::size_t bytes = 0;
    int sections = 0;
    bool closed = false;
};

struct End final : H2Events {
    End(Role role, const H2Options& options) : session(role, options, *this) {}
    H2Stream* on_new_stream() override { return &stream; }
    void on_ping_answered() override {}
    void on_goaway() override {}
    Notes stream;
    H2Session session;
};

/// All frames there are, both ways.
void exchange(End& a, End& b) {
    for (bool moved = true; moved;) {
        moved = false;
        for (auto [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
            std::string frames;
            ASSERT_TRUE(from->session.produce(frames, 16 * 1024 * 1024));
            moved = moved || !frames.empty();
            ASSERT_TRUE(to->session.receive(as_bytes(frames)));
        }
    }
}

TEST(H2Limits, AFieldSectionThatUnfoldsBeyondItsLimitResetsItsStream) {
    H2Options careless;
    careless.header_list_bytes_max = 8 * 1024 * 1024;
    End hub(Role::client, careless);
    End agent(Role::server, {});
    // Each repetition is one byte on the wire (RFC 7541 section 6.1) and 3 KB here.
    const std::string value(3'000, 'v');
    std::vector<http::Field> fields = {
        {":method", "GET"}, {":scheme", "http"}, {":authority", "a:1"}, {":path", "/"}};
    fields.resize(1'000, http::Field{"x", value});
    ASSERT_TRUE(hub.session.submit_request(hub.stream, fields, false));
    exchange(hub, agent);
    EXPECT_EQ(agent.stream.sections, 0);
    EXPECT_LE(agent.stream.bytes, 2U * H2Options{}.header_list_bytes_max);
    EXPECT_TRUE(agent.stream.closed);
    EXPECT_TRUE(hub.stream.closed);
    EXPECT_TRUE(hub.session.accepts_requests());
}

/// Both ends of a link over memory.
struct Joined {
    explicit Joined(test::Script script, H2Options hub_side = {}) : service(std::move(script)) {
        auto [ours, theirs] = test::MemoryDuplex::pair();
        LinkOptions options;
        options.h2 = hub_side;
        hub = std::make_unique<ClientEnd>(loop, std::move(ours), options, budget);
        agent = std::make_unique<ServerEnd>(loop, std::move(theirs), LinkOptions{}, budget,
                                            ServerServices{service, service});
        links.spawn("hub", run_hub());
        links.spawn("agent", run_agent());
    }
    ~Joined() {
        hub->link().close({Errc::aborted, "test over"});
        EXPECT_TRUE(test::run_until_done(loop, calls));
        EXPECT_TRUE(test::run_until_done(loop, links));
    }
    net::Task<void> run_hub() { (void)co_await hub->run(); }
    net::Task<void> run_agent() { (void)co_await agent->run(); }

    net::Loop loop;
    MemoryBudget budget;
    test::ScriptedService service;
    std::unique_ptr<ClientEnd> hub;
    std::unique_ptr<ServerEnd> agent;
    net::TaskGroup links{loop};
    net::TaskGroup calls{loop};
};

net::Task<Result<void>> answer_ok(const http::RequestHead&, http::Body&, http::Answer& down) {
    down.start(test::head_of(200, http::BodySize::exactly(0)));
    down.finish();
    co_return Result<void>{};
}

TEST(H2Limits, ALinkThatHasCarriedAllItsRequestsSaysSoOnce) {
    H2Options two;
    two.requests_max = 2;
    Joined link(answer_ok, two);
    int told = 0;
    link.hub->when_retired([&] { ++told; });
    test::Call first(link.loop, "GET", "/1");
    first.start_on(*link.hub, link.calls);
    ASSERT_TRUE(test::run_until(link.loop, [&] { return first.over(); }));
    EXPECT_EQ(told, 0);
    EXPECT_TRUE(link.hub->accepts_requests());
    test::Call second(link.loop, "GET", "/2");
    second.start_on(*link.hub, link.calls);
    ASSERT_TRUE(test::run_until(link.loop, [&] { return second.over(); }));
    EXPECT_TRUE(second.good());
    EXPECT_EQ(told, 1);
    EXPECT_FALSE(link.hub->accepts_requests());
    EXPECT_FALSE(link.hub->going_away());
}

TEST(H2Limits, AnAgentThatGoesAwayRetiresItsLinkBeforeItEnds) {
    Joined link(answer_ok);
    int told = 0;
    link.hub->when_retired([&] { ++told; });
    link.agent->link().set_background_streams(0);
    link.agent->link().drain(net::deadline_in(std::chrono::seconds(5)));
    ASSERT_TRUE(test::run_until(link.loop, [&] { return told > 0; }));
    EXPECT_TRUE(link.hub->going_away());
    EXPECT_FALSE(link.hub->accepts_requests());
}

net::Task<Result<void>> inform_for_ever(const http::RequestHead&, http::Body&, http::Answer& down) {
    for (int i = 0; i < 10'000 && !down.aborted(); ++i)
        down.inform(test::head_of(103, http::BodySize::until_end()));
    while (!down.aborted()) co_await down.event().wait();
    co_return Error{Errc::aborted, {}};
}

TEST(H2Limits, AnAgentCannotSendInterimAnswersForEver) {
    Joined link(inform_for_ever);
    test::Call call(link.loop, "GET", "/");
    call.start_on(*link.hub, link.calls);
    ASSERT_TRUE(test::run_until(link.loop, [&] { return call.over(); }));
    EXPECT_FALSE(call.good());
}

/// Grants an upgrade and sends back what comes, until the caller ends.
net::Task<Result<void>> echo_upgraded(const http::RequestHead& head, http::Body& up,
                                      http::Answer& down) {
    EXPECT_EQ(head.upgrade, "websocket");
    EXPECT_EQ(head.body, http::BodySize{});
    down.start(test::head_of(101, http::BodySize::until_end()));
    auto text = co_await test::read_all(up, down);
    co_await test::write_all(down, std::move(text));
    down.finish();
    co_return Result<void>{};
}

net::Task<Result<void>> pass_on(http::Service& to, http::RequestHead head, http::Body& up,
                                http::Answer& down) {
    co_return co_await to.serve(head, up, down);
}

TEST(ClientEnd, ARequestToUpgradeHasNoBodyUntilItIsGranted) {
    Joined link(echo_upgraded);
    const test::Script forward = [&](const http::RequestHead& head, http::Body& up,
                                     http::Answer& down) {
        auto onward = head;
        onward.fields = {};  // none that are for this hop
        return pass_on(*link.hub, onward, up, down);
    };
    test::ScriptedService ingress(forward);
    net::IdleSweep sweep(link.loop);
    http::ServerLimits limits;
    auto [ours, theirs] = test::MemoryDuplex::pair();
    http::H1Connection connection(link.loop, sweep, std::move(theirs), ingress, limits);
    test::WireTalk client(link.loop, std::move(ours));
    const auto run = [](http::H1Connection& one) -> net::Task<void> { (void)co_await one.run(); };
    link.calls.spawn("client", run(connection));
    client.say(
        "GET /ws HTTP/1.1\r\nHost: v:1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    ASSERT_TRUE(test::run_until(link.loop, [&] { return client.hears(" 101 "); }))
        << client.heard();
    client.say("ping");
    client.finish();
    EXPECT_TRUE(test::run_until(link.loop, [&] { return client.hears("ping"); }));
    client.close();
    EXPECT_TRUE(test::run_until_done(link.loop, link.calls));
}

net::Task<Result<void>> throw_at_bad(const http::RequestHead& head, http::Body& up,
                                     http::Answer& down) {
    if (head.target == "/bad") throw std::length_error("a bug");
    while (head.target == "/slow" && !down.aborted()) co_await down.event().wait();
    co_return co_await answer_ok(head, up, down);
}

TEST(ServerEnd, AnExceptionIsTheEndOfItsOwnExchangeOnly) {
    Joined link(throw_at_bad);
    test::Call slow(link.loop, "GET", "/slow");
    test::Call bad(link.loop, "GET", "/bad");
    slow.start_on(*link.hub, link.calls);
    bad.start_on(*link.hub, link.calls);
    ASSERT_TRUE(test::run_until(link.loop, [&] { return bad.over(); }));
    EXPECT_EQ(bad.status(), 502);
    EXPECT_FALSE(slow.over());
    test::Call next(link.loop, "GET", "/");
    next.start_on(*link.hub, link.calls);
    EXPECT_TRUE(test::run_until(link.loop, [&] { return next.good(); }));
    slow.give_up();
    EXPECT_TRUE(test::run_until(link.loop, [&] { return slow.over(); }));
}

TEST(H2Limits, ALinkKnowsItsRoundTripFromTheStart) {
    Joined link(answer_ok);
    EXPECT_TRUE(
        test::run_until(link.loop, [&] { return link.hub->link().round_trip().count() > 0; }));
}

}  // namespace
}  // namespace sallyport::tunnel
