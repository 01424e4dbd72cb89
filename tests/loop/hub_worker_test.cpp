// Links of a worker that stays what it is while what the hub knows of their agents changes.
#include "base/bytes.hpp"
#include "base/file.hpp"
#include "certs/key_set.hpp"
#include "hub/worker.hpp"
#include "net/blocking_pool.hpp"
#include "net/socket_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/scripted_service.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_revocation_list.hpp"
#include "tunnel/control_stream.hpp"
#include "tunnel/server_end.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

/// An agent's end of one link, on the test's loop.
class Guest {
public:
    Guest(net::Loop& loop, std::unique_ptr<net::Duplex> wire, std::string location)
        : loop_(loop),
          control_([this](tunnel::ControlMessage message) {
              welcome_ |= std::holds_alternative<tunnel::Welcome>(message);
          }),
          tasks_(loop),
          end_(loop, std::move(wire), {}, budget_, {service_, control_}) {
        tunnel::Hello hello;
        hello.program = "test";
        hello.location = std::move(location);
        hello.epoch = 1;
        hello.process = "p";
        control_.greet_with(hello);
        tasks_.spawn("link", run());
    }
    ~Guest() {
        end_.link().close({Errc::aborted, "the test is over"});
        EXPECT_TRUE(test::run_until_done(loop_, tasks_));
    }
    bool is_up() const { return welcome_ && !over_; }
    bool is_over() const { return over_; }

private:
    net::Task<void> run() {
        (void)co_await end_.run();
        over_ = true;
    }

    net::Loop& loop_;
    test::ScriptedService service_{nullptr};  // nobody asks
    tunnel::AgentControl control_;
    tunnel::MemoryBudget budget_;
    bool welcome_ = false;
    bool over_ = false;
    net::TaskGroup tasks_;
    tunnel::ServerEnd end_;
};

class HubWorkerTest : public testing::Test {
protected:
    HubWorkerTest() {
        content_.tenants.push_back({"acme", "acme", "acme", true});
        auto socket = net::ListeningSocket::open("127.0.0.1:0");
        EXPECT_TRUE(socket);
        static const auto key = *certs::SigningKey::generate();  // takes long; no token is judged
        TokenVerifier verifier(*certs::KeySet::from_json(certs::public_key_set(std::span(&key, 1))),
                               "test");
        worker_.emplace(0, shared_, std::move(verifier), std::move(*socket));
        worker_->start();
    }
    ~HubWorkerTest() override {
        guests_.clear();
        worker_->stop(net::deadline_in(0ms));
        worker_->join();
    }

    void know(const test::Held& held, const std::string& name) {
        content_.certificates.push_back(
            {.serial = held.certificate.serial(), .agent = {"acme", name}, .generation = 1});
        content_.agents.push_back({.key = {"acme", name},
                                   .generation = 1,
                                   .enrolment = 1,
                                   .confirmed = 1,
                                   .locations = {{name, Sharing::alone}}});
        worker_->use(Accounts::from(content_, ++version_));
    }
    /// The link of an agent that the accounts know, welcomed.
    Guest& attached(const test::Held& held, const std::string& name) {
        know(held, name);
        std::array<int, 2> ends{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()),
                  0);
        auto seat = registry_.take_seat("acme", name);
        EXPECT_TRUE(seat);
        worker_->adopt(ArrivedLink{std::make_unique<net::SocketDuplex>(FileDescriptor(ends[0])),
                                   *certs::AgentName::of(held.certificate),
                                   held.certificate.serial(),
                                   std::move(*seat),
                                   {held.certificate}});
        auto& guest = *guests_.emplace_back(std::make_unique<Guest>(
            loop_, std::make_unique<net::SocketDuplex>(FileDescriptor(ends[1])), name));
        EXPECT_TRUE(test::run_until(loop_, [&] { return guest.is_up(); }));
        return guest;
    }
    bool ends(const Guest& guest) {
        return test::run_until(loop_, [&] { return guest.is_over(); });
    }
    void use(const std::string& list) {
        const auto file = folder_.path() / "list";
        ASSERT_TRUE(replace_file(file, list, 0600));
        const auto lists = AgentRevocation::read({file});
        ASSERT_TRUE(lists);
        revocation_->set(std::make_shared<const AgentRevocation>(
            lists->judging_for(pki_.anchors(), *Accounts::from(content_, 0))));
        worker_->revocation_changed();
    }
    std::size_t links() const {
        std::size_t links = 0;
        for (const auto& agent : registry_.status()) links += agent.links;
        return links;
    }

    test::TemporaryFolder folder_;
    test::TestPki pki_;
    net::Loop loop_;
    StoreContent content_;
    std::uint64_t version_ = 0;
    Registry registry_{1};
    tunnel::MemoryBudget budget_;
    std::shared_ptr<Current<AgentRevocation>> revocation_ =
        std::make_shared<Current<AgentRevocation>>(std::make_shared<const AgentRevocation>());
    KeyWatch keys_;
    net::BlockingPool pool_;
    HubShared shared_{.config = std::make_shared<const Config>(),
                      .registry = registry_,
                      .budget = budget_,
                      .accounts = Accounts::from({}, 0),
                      .relocate = [](const http::Relocation&) {},
                      .relocate_stream = {},
                      .keys = keys_,
                      .pool = pool_,
                      .trust = {},
                      .revocation = revocation_,
                      .sighted = [](const AgentKey&, const Sighting&) {},
                      .clone_seen = [](const AgentKey&, const std::string&, const std::string&) {}};
    std::optional<Worker> worker_;
    std::vector<std::unique_ptr<Guest>> guests_;
};

TEST_F(HubWorkerTest, ARevokedAgentLosesItsLinkAtOnceAndOthersKeepTheirs) {
    const auto held = pki_.agent("berlin", "acme");
    const auto other = pki_.agent("paris", "acme");
    auto& berlin = attached(held, "berlin");
    auto& paris = attached(other, "paris");
    EXPECT_EQ(links(), 2U);
    content_.agents.front().revoked_at = TimePoint(1s);
    worker_->use(Accounts::from(content_, ++version_));
    EXPECT_TRUE(ends(berlin));
    EXPECT_TRUE(test::run_until(loop_, [&] { return links() == 1; }));
    EXPECT_TRUE(paris.is_up());
}

TEST_F(HubWorkerTest, ARevokedCertificateEndsTheLinksThatShowedIt) {
    const auto held = pki_.agent("berlin", "acme");
    auto& berlin = attached(held, "berlin");
    content_.revoked_serials.push_back(held.certificate.serial());
    worker_->use(Accounts::from(content_, ++version_));
    EXPECT_TRUE(ends(berlin));
}

TEST_F(HubWorkerTest, AListEndsTheLinksOfWhomItNames) {
    const auto held = pki_.agent("berlin", "acme");
    const auto other = pki_.agent("paris", "acme");
    auto& berlin = attached(held, "berlin");
    auto& paris = attached(other, "paris");
    use(test::list_of(pki_, {held.certificate}, pki_.now()));
    EXPECT_TRUE(ends(berlin));
    EXPECT_TRUE(test::run_until(loop_, [&] { return links() == 1; }));
    EXPECT_TRUE(paris.is_up());
}

TEST_F(HubWorkerTest, AListThatIsOutOfDateEndsNoLink) {
    const auto held = pki_.agent("berlin", "acme");
    const auto other = pki_.agent("paris", "acme");
    auto& berlin = attached(held, "berlin");
    auto& paris = attached(other, "paris");
    use(test::list_of(pki_, {other.certificate}, pki_.now() - 48h));
    EXPECT_TRUE(ends(paris)) << "what stands on an old list stays revoked";
    EXPECT_TRUE(test::run_until(loop_, [&] { return links() == 1; }));
    EXPECT_TRUE(berlin.is_up());
}

}  // namespace
}  // namespace sallyport::hub
