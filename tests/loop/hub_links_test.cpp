// The agent's links over real sockets, against a hub that does what the test wants.
#include "agent/hub_links.hpp"

#include "base/error.hpp"
#include "net/blocking_pool.hpp"
#include "net/tls_duplex.hpp"
#include "tests/loop/fake_hub.hpp"
#include "tests/support/call.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/scripted_service.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tls_pair.hpp"
#include "tests/support/wire_talk.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using test::Call;
using test::FakeHub;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// Answers a request with its own body; "/held" only once the test lets it.
class Echo {
public:
    explicit Echo(net::Loop& loop) : release_(loop.turn) {}
    net::Task<Result<void>> operator()(const http::RequestHead& head, http::Body& up,
                                       http::Answer& down) {
        const bool held = head.target == "/held";
        ++running;
        auto text = co_await test::read_all(up, down);
        if (held) co_await release_.wait();
        down.start(test::head_of(200, http::BodySize::exactly(text.size())));
        co_await test::write_all(down, std::move(text));
        down.finish();
        --running;
        co_return Result<void>();
    }
    void release() { release_.set(); }
    int running = 0;

private:
    net::Event release_;
};

class HubLinksTest : public ::testing::Test {
protected:
    HubLinksTest() : hub_context_(world_.hub()), agent_context_(world_.agent()) {
        tunnel_.reconnect = {.first = 1ms, .ceiling = 5ms, .healthy_after = 1h};
        tunnel_.drain = 10s;
        config_.name = "test";
        config_.connections = 1;
    }
    ~HubLinksTest() override {
        if (links_) stop(0ms);
        if (hub_) hub_->shut_down();
    }

    void open_hub(FakeHub::Options options = {}) {
        hub_.emplace(loop_, hub_context_, std::move(options));
        config_.url = hub_->url();
    }
    static tunnel::Hello say_hello() {
        tunnel::Hello hello;
        hello.program = "test";
        hello.location = "berlin";
        hello.epoch = 7;
        hello.process = "p1";
        return hello;
    }
    void start_links() {
        LinkWiring wiring{
            .loop = loop_,
            .pool = pool_,
            .budget = budget_,
            .exchanges = exchanges_,
            .hub = config_,
            .tunnel = tunnel_,
            .context = [this]() -> Result<test::TlsContextPtr> { return agent_context_; },
            .hello = say_hello,
            .changed = {}};
        links_ = std::make_unique<HubLinks>(std::move(wiring));
        links_->start();
    }
    template <class Condition>
    bool until(Condition condition) {
        return test::run_until(loop_, condition, 10s);
    }
    bool up(std::size_t count) {
        return until([&] { return hub_->up() == count && links_->up() == count; });
    }
    std::string first_trouble() {
        EXPECT_TRUE(until([&] { return !links_->status().front().last_error.empty(); }));
        return links_->status().front().last_error;
    }
    static net::Task<void> run_stop(HubLinks& links, net::Deadline deadline) {
        co_await links.stop(deadline);
    }
    void stop(std::chrono::milliseconds within) {
        net::TaskGroup group(loop_);
        group.spawn("stop", run_stop(*links_, net::deadline_in(within)));
        EXPECT_TRUE(test::run_until_done(loop_, group));
        links_.reset();
    }
    /// An exchange through a link of the hub.
    void expect_served(FakeHub::Guest& guest, std::size_t bytes = 10) {
        net::TaskGroup group(loop_);
        Call call(loop_, "POST", "/echo", std::string(bytes, 'x'));
        call.start_on(*guest.end, group);
        EXPECT_TRUE(test::run_until_done(loop_, group));
        EXPECT_TRUE(call.good()) << call.trouble();
        EXPECT_EQ(call.answer().size(), bytes);
    }

    net::Loop loop_;
    net::BlockingPool pool_{1};
    tunnel::MemoryBudget budget_;
    test::TlsWorld world_;
    test::TlsContextPtr hub_context_;
    test::TlsContextPtr agent_context_;
    HubConfig config_;
    TunnelConfig tunnel_;
    Echo echo_{loop_};
    test::ScriptedService exchanges_{std::ref(echo_)};
    std::optional<FakeHub> hub_;
    std::unique_ptr<HubLinks> links_;
};

TEST_F(HubLinksTest, ALinkComesUpSaysHelloAndServes) {
    open_hub();
    start_links();
    ASSERT_TRUE(up(1));
    const auto& guest = *hub_->newest();
    EXPECT_EQ(guest.hello->location, "berlin");
    EXPECT_EQ(guest.hello->epoch, 7U);
    EXPECT_THAT(guest.certificate->uris(), testing::SizeIs(1));
    expect_served(*hub_->newest());
    EXPECT_EQ(links_->status().front().state, "up");
}

TEST_F(HubLinksTest, ThereIsALinkForEachWorkerOfTheHub) {
    open_hub({.workers = 3});
    start_links();
    EXPECT_TRUE(up(3));
}

TEST_F(HubLinksTest, TheConfiguredConnectionsAreTheLeastAndEightTheMost) {
    config_.connections = 2;
    open_hub({.workers = 1});
    start_links();
    ASSERT_TRUE(up(2));
    stop(5s);
    hub_->options().workers = 1'000;
    start_links();
    EXPECT_TRUE(up(HubLinks::links_max));
    test::settle(loop_);
    EXPECT_EQ(links_->up(), HubLinks::links_max);
}

TEST_F(HubLinksTest, ALinkThatBreaksIsDialledAgain) {
    open_hub();
    start_links();
    for (std::size_t lives = 1; lives <= 5; ++lives) {
        ASSERT_TRUE(until([&] { return hub_->guests().size() == lives && links_->up() == 1; }));
        expect_served(*hub_->newest());
        hub_->newest()->wire->cut();
    }
    EXPECT_TRUE(until([&] { return hub_->guests().size() == 6; }));
}

TEST_F(HubLinksTest, ABlackHoleIsNoticedByKeepaliveAndLeft) {
    tunnel_.keepalive = {.interval = 20ms, .patience = 30ms};
    open_hub();
    start_links();
    ASSERT_TRUE(up(1));
    hub_->newest()->wire->stall();
    EXPECT_TRUE(until([&] { return hub_->guests().size() >= 2 && links_->up() == 1; }));
}

TEST_F(HubLinksTest, BadWiresCarryEverythingUnharmed) {
    for (std::uint32_t seed = 1; seed <= 5; ++seed) {
        open_hub({.lossy = test::LossyOptions{.seed = seed}});
        start_links();
        ASSERT_TRUE(up(1));
        expect_served(*hub_->newest(), 300'000);
        stop(5s);
        hub_->shut_down();
    }
}

TEST_F(HubLinksTest, AHubThatIsNotThereYetIsFoundWhenItComes) {
    open_hub();
    const auto address = "127.0.0.1:" + std::to_string(hub_->port());
    hub_.reset();
    start_links();
    EXPECT_THAT(first_trouble(), HasSubstr("Connection refused"));
    open_hub({.address = address});
    EXPECT_TRUE(up(1));
}

TEST_F(HubLinksTest, ReconnectEndsALongWait) {
    tunnel_.reconnect = {.first = 1h, .ceiling = 1h, .healthy_after = 1h};
    open_hub();
    const auto address = "127.0.0.1:" + std::to_string(hub_->port());
    hub_.reset();
    start_links();
    EXPECT_THAT(first_trouble(), HasSubstr("Connection refused"));
    open_hub({.address = address});
    links_->reconnect();
    EXPECT_TRUE(up(1));
}

TEST_F(HubLinksTest, ReplacingIsMakeBeforeBreak) {
    open_hub();
    start_links();
    ASSERT_TRUE(up(1));
    auto& before = *hub_->newest();
    net::TaskGroup group(loop_);
    Call held(loop_, "POST", "/held", "x");
    held.start_on(*before.end, group);
    ASSERT_TRUE(until([&] { return echo_.running == 1; }));

    agent_context_ = world_.agent(world_.pki().agent("renewed"));
    links_->replace();
    std::size_t least = 1;
    ASSERT_TRUE(until([&] {
        least = std::min(least, links_->up());
        return hub_->guests().size() == 2 && !before.end->accepts_requests();
    }));
    EXPECT_EQ(least, 1U);
    EXPECT_THAT(hub_->newest()->certificate->uris().front(), HasSubstr("renewed"));
    expect_served(*hub_->newest());

    EXPECT_FALSE(held.over());  // the old link is drained, not cut
    echo_.release();
    EXPECT_TRUE(test::run_until_done(loop_, group));
    EXPECT_TRUE(held.good()) << held.trouble();
    EXPECT_TRUE(until([&] { return before.over; }));
    EXPECT_TRUE(up(1));
}

TEST_F(HubLinksTest, ReplacingWhileWaitingToDialLosesNoTask) {
    tunnel_.reconnect = {.first = 1h, .ceiling = 1h, .healthy_after = 1h};
    open_hub();
    const auto address = "127.0.0.1:" + std::to_string(hub_->port());
    hub_.reset();
    start_links();
    EXPECT_THAT(first_trouble(), HasSubstr("Connection refused"));
    for (int i = 0; i < 3; ++i) {
        links_->replace();
        EXPECT_TRUE(until([&] { return links_->status().front().state == "dialling"; }));
        EXPECT_TRUE(until([&] { return links_->status().front().state == "waiting"; }));
    }
    open_hub({.address = address});
    links_->reconnect();
    EXPECT_TRUE(up(1));
    stop(5s);
}

TEST_F(HubLinksTest, ARefusalIsReportedInTheHubsWords) {
    open_hub({.refuses = tunnel::Refused{"location", "location berlin is not granted"}});
    start_links();
    EXPECT_THAT(first_trouble(), HasSubstr("location berlin is not granted"));
    hub_->options().refuses.reset();
    EXPECT_TRUE(up(1));
}

TEST_F(HubLinksTest, AHubOfAnotherAuthorityIsRefusedAndSaysSo) {
    const test::TlsWorld other(test::TestPki("another CA"));
    hub_context_ = other.hub();
    open_hub();
    start_links();
    EXPECT_THAT(first_trouble(), HasSubstr("the certificate of the hub is refused"));
    EXPECT_EQ(links_->up(), 0U);
}

TEST_F(HubLinksTest, ARevokedAgentLearnsWhy) {
    net::HubServerOptions options;
    options.is_denied = [](const certs::Certificate&) { return true; };
    hub_context_ = world_.hub(options);
    open_hub();
    start_links();
    EXPECT_THAT(first_trouble(), HasSubstr("the hub refused our certificate: certificate revoked"));
}

TEST_F(HubLinksTest, StoppingTellsTheHubAndLetsExchangesFinish) {
    open_hub();
    start_links();
    ASSERT_TRUE(up(1));
    auto& guest = *hub_->newest();
    net::TaskGroup group(loop_);
    Call held(loop_, "POST", "/held", "x");
    held.start_on(*guest.end, group);
    ASSERT_TRUE(until([&] { return echo_.running == 1; }));
    net::TaskGroup stopping(loop_);
    stopping.spawn("stop", run_stop(*links_, net::deadline_in(10s)));
    EXPECT_TRUE(until([&] { return guest.restarting && !guest.end->accepts_requests(); }));
    EXPECT_FALSE(stopping.empty());
    echo_.release();
    EXPECT_TRUE(test::run_until_done(loop_, group));
    EXPECT_TRUE(held.good()) << held.trouble();
    EXPECT_TRUE(test::run_until_done(loop_, stopping));
    EXPECT_TRUE(until([&] { return guest.over; }));
    links_.reset();
}

TEST_F(HubLinksTest, StoppingDoesNotWaitForADialThatHangs) {
    open_hub();
    hub_->stop_accepting();  // the kernel completes TCP, and nobody shakes hands
    start_links();
    ASSERT_TRUE(until([&] { return links_->status().front().state == "dialling"; }));
    const auto began = std::chrono::steady_clock::now();
    stop(10s);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

/// A corporate proxy that, once it has agreed, is the hub itself.
class FakeProxy : private net::Ready {
public:
    FakeProxy(net::Loop& loop, FakeHub& hub, std::string answer)
        : loop_(loop), hub_(hub), answer_(std::move(answer)) {
        auto opened = net::ListeningSocket::open("127.0.0.1:0");
        EXPECT_TRUE(opened);
        listener_.emplace(loop, std::move(*opened), [this](FileDescriptor socket) {
            wire_ = std::make_unique<net::SocketDuplex>(std::move(socket));
            EXPECT_TRUE(wire_->attach(loop_, *this));
        });
        EXPECT_TRUE(listener_->start());
    }
    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(listener_->socket().port());
    }
    const std::string& heard() const { return heard_; }

private:
    void on_ready() override {
        std::array<std::byte, 1000> buffer;
        heard_ += as_text(std::span(buffer).first(wire_->read(buffer).bytes));
        if (!heard_.ends_with("\r\n\r\n")) return;
        (void)wire_->write(as_bytes(answer_));
        wire_->detach();
        if (answer_.starts_with("HTTP/1.1 200")) hub_.take(std::move(wire_));
    }

    net::Loop& loop_;
    FakeHub& hub_;
    std::string answer_;
    std::string heard_;
    std::unique_ptr<net::Duplex> wire_;
    std::optional<net::Listener> listener_;
};

TEST_F(HubLinksTest, ALinkLeavesThroughTheCorporateProxy) {
    const test::TemporaryFolder folder;
    config_.proxy_credentials_file = folder.path() / "proxy.cred";
    ASSERT_TRUE(replace_file(config_.proxy_credentials_file, "Aladdin:open sesame\n", 0600));
    open_hub();
    const FakeProxy proxy(loop_, *hub_, "HTTP/1.1 200 OK\r\n\r\n");
    config_.proxy = proxy.url();
    start_links();
    ASSERT_TRUE(up(1));
    EXPECT_THAT(proxy.heard(), HasSubstr("CONNECT localhost:" + std::to_string(hub_->port())));
    EXPECT_THAT(proxy.heard(), HasSubstr("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
    expect_served(*hub_->newest());
}

TEST_F(HubLinksTest, AProxyThatRefusesTheCredentialsIsNamedWithItsFile) {
    const test::TemporaryFolder folder;
    config_.proxy_credentials_file = folder.path() / "proxy.cred";
    ASSERT_TRUE(replace_file(config_.proxy_credentials_file, "me:wrong", 0600));
    open_hub();
    const FakeProxy proxy(loop_, *hub_, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    config_.proxy = proxy.url();
    start_links();
    EXPECT_THAT(first_trouble(),
                HasSubstr("refused the credentials in " + config_.proxy_credentials_file.string()));
}

}  // namespace
}  // namespace sallyport::agent
