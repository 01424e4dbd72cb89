#include "base/error.hpp"
#include "hub/worker.hpp"
#include "net/blocking_pool.hpp"
#include "net/socket_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/test_token.hpp"
#include "tunnel/control_stream.hpp"
#include "tunnel/server_end.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <sys/socket.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view serial = "01";

StoreContent content() {
    return {.tenants = {{"t-acme", "acme", "acme", true}},
            .clients = {},
            .agents = {{.key = {"t-acme", "berlin"}, .locations = {{}}}},
            .certificates = {{.serial = std::string(serial), .agent = {"t-acme", "berlin"}}},
            .revoked_serials = {}};
}

/// Says hello, and no more.
class BriefControl final : public http::Service {
public:
    explicit BriefControl(const tunnel::Hello& hello) : line_(tunnel::encode(hello)) {}
    net::Task<Result<void>> serve(const http::RequestHead&, http::Body&,
                                  http::Answer& down) override {
        http::ResponseHead head;
        head.status = 101;
        down.start(head);
        EXPECT_EQ(down.write(as_bytes(line_)), line_.size());
        down.finish({});
        co_return Result<void>{};
    }

private:
    std::string line_;
};

struct Nothing final : http::Service {
    net::Task<Result<void>> serve(const http::RequestHead&, http::Body&, http::Answer&) override {
        co_return Error{Errc::denied, "nothing is here"};
    }
};

/// One process of the agent, on a loop that runs when the test wants it to.
class AgentProcess {
public:
    AgentProcess(FileDescriptor socket, http::Service& control)
        : end_(loop_, std::make_unique<net::SocketDuplex>(std::move(socket)), {}, budget_,
               {nothing_, control}) {
        group_.spawn("link", run());
    }
    ~AgentProcess() {
        group_.cancel();
        test::run_until_done(loop_, group_);
    }
    template <class Condition>
    bool run_until(Condition condition) {
        return test::run_until(loop_, condition);
    }
    bool run_to_the_end() { return test::run_until_done(loop_, group_); }
    void close() { end_.link().close({Errc::closed, "the process ends"}); }

private:
    net::Task<void> run() { (void)co_await end_.run(); }

    net::Loop loop_;
    tunnel::MemoryBudget budget_{1024 * 1024};
    Nothing nothing_;
    tunnel::ServerEnd end_;
    net::TaskGroup group_{loop_};
};

class WorkerLinksTest : public testing::Test {
protected:
    WorkerLinksTest() {
        auto config = std::make_shared<Config>();
        config->workers = 1;
        shared_.config = std::move(config);
        shared_.sighted = [this](const AgentKey&, const Sighting& sighting) {
            const std::lock_guard lock(mutex_);
            sighted_.push_back(sighting.process);
        };
        shared_.clone_seen = [](const AgentKey&, const std::string&, const std::string&) {};
        const auto forge = test::TokenForge::ec();
        auto keys = certs::KeySet::from_json(test::key_set_of(forge.jwk(R"("kid":"k")")));
        worker_.emplace(0, shared_, TokenVerifier(*keys, "https://hub.test"),
                        net::ListeningSocket::open("127.0.0.1:0").value());
        worker_->start();
    }
    ~WorkerLinksTest() override { stop(); }

    void stop() {
        worker_->stop(net::Loop::now());
        worker_->join();
    }
    /// The agent's side of a link that has just arrived at the worker.
    FileDescriptor arrive() {
        int ends[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
        auto seat = registry_.take_seat("t-acme", "berlin");
        EXPECT_TRUE(seat);
        worker_->adopt({.duplex = std::make_unique<net::SocketDuplex>(FileDescriptor(ends[0])),
                        .name = certs::AgentName::make("hub.test", "t-acme", "berlin").value(),
                        .serial = std::string(serial),
                        .seat = std::move(*seat)});
        return FileDescriptor(ends[1]);
    }
    static tunnel::Hello hello_of(std::uint64_t epoch, const char* process) {
        tunnel::Hello hello;
        hello.epoch = epoch;
        hello.process = process;
        return hello;
    }
    std::vector<std::string> sighted() {
        const std::lock_guard lock(mutex_);
        return sighted_;
    }

    Registry registry_{1};
    tunnel::MemoryBudget budget_{16 * 1024 * 1024};
    std::mutex mutex_;
    std::vector<std::string> sighted_;
    KeyWatch keys_;
    net::BlockingPool pool_;
    HubShared shared_{.config = {},
                      .registry = registry_,
                      .budget = budget_,
                      .accounts = Accounts::from(content(), 1),
                      .relocate = [](http::Relocation) {},
                      .relocate_stream = {},
                      .keys = keys_,
                      .pool = pool_,
                      .trust = {},
                      .revocation = std::make_shared<Current<AgentRevocation>>(
                          std::make_shared<const AgentRevocation>()),
                      .sighted = {},
                      .clone_seen = {}};
    std::optional<Worker> worker_;
};

TEST_F(WorkerLinksTest, ALinkWhoseControlStreamHasEndedIsNotTakenInWhenItsRivalIsGone) {
    bool welcomed = false;
    tunnel::AgentControl control([&](const tunnel::ControlMessage& message) {
        welcomed = welcomed || std::holds_alternative<tunnel::Welcome>(message);
    });
    control.greet_with(hello_of(1, "before"));
    AgentProcess before(arrive(), control);
    ASSERT_TRUE(before.run_until([&] { return welcomed; }));

    // A later start says hello and leaves at once, while the hub still asks whether the process
    // before it lives: that one's loop stands still, so it does not answer.
    BriefControl brief(hello_of(2, "after"));
    AgentProcess after(arrive(), brief);
    ASSERT_TRUE(after.run_to_the_end());

    before.close();  // now the hub knows that it does not
    ASSERT_TRUE(before.run_to_the_end());
    stop();
    EXPECT_EQ(sighted(), std::vector<std::string>{"before"});
    EXPECT_TRUE(registry_.status().empty());
}

TEST_F(WorkerLinksTest, ALaterStartIsTakenInWhenTheProcessBeforeIsGone) {
    bool welcomed = false;
    const auto hear = [&](const tunnel::ControlMessage& message) {
        welcomed = welcomed || std::holds_alternative<tunnel::Welcome>(message);
    };
    tunnel::AgentControl first(hear);
    first.greet_with(hello_of(1, "before"));
    AgentProcess before(arrive(), first);
    ASSERT_TRUE(before.run_until([&] { return welcomed; }));
    before.close();
    ASSERT_TRUE(before.run_to_the_end());

    welcomed = false;
    tunnel::AgentControl second(hear);
    second.greet_with(hello_of(2, "after"));
    AgentProcess after(arrive(), second);
    ASSERT_TRUE(after.run_until([&] { return welcomed; }));
    EXPECT_EQ(sighted(), (std::vector<std::string>{"before", "after"}));
}

}  // namespace
}  // namespace sallyport::hub
