#include "daemon/watchdog.hpp"

#include "base/file.hpp"
#include "daemon/service_manager.hpp"
#include "net/task_group.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <future>
#include <memory>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// What systemd hears: the socket of $NOTIFY_SOCKET.
class Listener {
public:
    explicit Listener(const std::filesystem::path& path)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        const auto* generic = reinterpret_cast<const sockaddr*>(&address);
        EXPECT_EQ(::bind(socket_.get(), generic, sizeof address), 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~Listener() { ::unsetenv("NOTIFY_SOCKET"); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// All that has come since the last call.
    std::vector<std::string> heard() const {
        std::vector<std::string> all;
        std::array<char, 1024> message{};
        ssize_t size = 0;
        while ((size = ::recv(socket_.get(), message.data(), message.size(), 0)) >= 0)
            all.emplace_back(message.data(), static_cast<std::size_t>(size));
        return all;
    }

private:
    FileDescriptor socket_;
};

/// A loop on a thread of its own, like a worker's.
class OtherLoop {
public:
    OtherLoop() : work_(loop_.io.get_executor()), thread_([this] { loop_.io.run(); }) {}
    ~OtherLoop() {
        loop_.io.stop();
        thread_.join();
    }
    OtherLoop(const OtherLoop&) = delete;
    OtherLoop& operator=(const OtherLoop&) = delete;

    WatchedLoop watched(std::size_t links) {
        return {"worker 0", [this, links](std::function<void(Pulse)> tell) {
                    asio::post(loop_.executor(), [tell = std::move(tell), links] {
                        tell({.well = true, .links = links});
                    });
                }};
    }
    void post(std::function<void()> job) { asio::post(loop_.executor(), std::move(job)); }

private:
    net::Loop loop_;
    asio::executor_work_guard<net::Executor> work_;
    std::thread thread_;
};

class WatchdogTest : public testing::Test {
protected:
    ~WatchdogTest() override {
        tasks_.cancel();
        EXPECT_TRUE(test::run_until_done(loop_, tasks_));
    }
    void start(std::vector<WatchedLoop> loops) {
        watchdog_.emplace(Watchdog::Wiring{
            .loop = loop_,
            .loops = std::move(loops),
            .status = [](std::size_t links) { return std::to_string(links) + " links"; },
            .time = 40ms});
        tasks_.spawn("watchdog", watchdog_->run());
    }
    /// Runs until this message has come so often; what else came is forgotten.
    bool hears(std::string_view wanted, int times = 1) {
        return test::run_until(loop_, [&] {
            for (const auto& message : listener_.heard())
                if (message == wanted) --times;
            return times <= 0;
        });
    }

    OtherLoop& other_loop() { return others_.emplace_back(); }

    test::TemporaryFolder folder_;
    Listener listener_{folder_.path() / "notify"};
    net::Loop loop_;
    std::deque<OtherLoop>
        others_;  // they answer on our loop, and are asked until our tasks are done
    net::TaskGroup tasks_{loop_};
    std::optional<Watchdog> watchdog_;
};

TEST_F(WatchdogTest, FeedsWhileEveryLoopTurnsAndNotWhileOneIsHeldUp) {
    OtherLoop& worker = other_loop();
    const auto looks = std::make_shared<int>(0);
    start({worker.watched(2), {"counts", [looks](const std::function<void(Pulse)>& tell) {
                                   ++*looks;
                                   tell({});
                               }}});
    ASSERT_TRUE(hears("WATCHDOG=1", 3));

    std::promise<void> release;
    std::promise<void> held;
    worker.post([&] {
        held.set_value();
        release.get_future().wait();
    });
    held.get_future().wait();
    ASSERT_TRUE(hears("STATUS=held up: worker 0"));
    EXPECT_FALSE(watchdog_->all_well());
    const auto later = *looks + 10;
    ASSERT_TRUE(test::run_until(loop_, [&] { return *looks >= later; }));
    EXPECT_TRUE(listener_.heard().empty()) << "nothing is fed, and the status was told";

    release.set_value();
    EXPECT_TRUE(hears("WATCHDOG=1", 3));
    EXPECT_TRUE(watchdog_->all_well());
}

TEST_F(WatchdogTest, DoesNotFeedForALoopThatSaysItIsNotWell) {
    const auto well = std::make_shared<bool>(true);
    start({{"worker 0", [well](const std::function<void(Pulse)>& tell) {
                tell({.well = *well, .links = 0});
            }}});
    ASSERT_TRUE(hears("WATCHDOG=1", 3));
    *well = false;
    ASSERT_TRUE(hears("STATUS=held up: worker 0"));
    *well = true;
    EXPECT_TRUE(hears("WATCHDOG=1"));
}

TEST_F(WatchdogTest, AMissingLinkIsNoReason) {
    OtherLoop& worker = other_loop();
    start({worker.watched(0)});
    ASSERT_TRUE(hears("STATUS=0 links"));
    EXPECT_TRUE(hears("WATCHDOG=1", 3));
}

TEST_F(WatchdogTest, TellsTheLinksOfAllLoops) {
    OtherLoop& one = other_loop();
    OtherLoop& other = other_loop();
    start({one.watched(2), other.watched(3)});
    EXPECT_TRUE(hears("STATUS=5 links"));
}

TEST_F(WatchdogTest, EndsWithTheLoopsWhichThenTakeAsLongAsTheyMay) {
    start({{"worker 0", [](const std::function<void(Pulse)>& tell) { tell({}); }}});
    ASSERT_TRUE(hears("WATCHDOG=1"));
    watchdog_->let_go();
    EXPECT_TRUE(hears("WATCHDOG_USEC=3600000000"));
    EXPECT_TRUE(test::run_until_done(loop_, tasks_));
}

}  // namespace
}  // namespace sallyport::daemon
