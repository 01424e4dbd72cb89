#include "net/listener.hpp"

#include "base/error.hpp"
#include "net/connect.hpp"
#include "net/loop.hpp"
#include "tests/support/late_timers.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

FileDescriptor connect_now(const ListeningSocket& listening) {
    const auto target = *Endpoint::literal("127.0.0.1", listening.port());
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(socket.get(), target.address(), target.size()), 0);
    return socket;
}

TEST(ListeningSocket, TheKernelChoosesPortZero) {
    const auto socket = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(socket);
    EXPECT_NE(socket->port(), 0);
    EXPECT_EQ(socket->local_address(), "127.0.0.1:" + std::to_string(socket->port()));
}

TEST(ListeningSocket, AnEmptyHostIsEveryAddress) {
    const auto socket = ListeningSocket::open(":0");
    ASSERT_TRUE(socket);
    EXPECT_THAT(socket->local_address(),
                testing::AnyOf(StartsWith("[::]:"), StartsWith("0.0.0.0:")));
    connect_now(*socket);  // IPv4 reaches it too
}

TEST(ListeningSocket, NamesAreResolvedOnce) {
    EXPECT_TRUE(ListeningSocket::open("localhost:0"));
    EXPECT_EQ(ListeningSocket::open("nothing.invalid:0").error().code, Errc::malformed);
    EXPECT_EQ(ListeningSocket::open("no port").error().code, Errc::malformed);
}

TEST(ListeningSocket, SaysThatAnotherProgramListensThere) {
    const auto socket = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(socket);
    const auto again = ListeningSocket::open(socket->local_address());
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().detail, HasSubstr("another program listens there"));
}

TEST(ListeningSocket, AUnixSocketHasItsModeAndReplacesALeftOver) {
    const test::TemporaryFolder folder;
    const auto path = (folder.path() / "admin.sock").string();
    {
        const auto first = ListeningSocket::open(path, {.unix_mode = 0600});
        ASSERT_TRUE(first) << to_text(first.error());
        struct stat status {};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U);
        EXPECT_EQ(first->local_address(), path);
        EXPECT_TRUE(connect_unix(path));
        EXPECT_EQ(ListeningSocket::open(path).error().code, Errc::conflict);
    }
    EXPECT_FALSE(connect_unix(path));
    EXPECT_TRUE(ListeningSocket::open(path));  // its file is still there, its process is not
}

TEST(ListeningSocket, AFileThatIsNoSocketIsLeftAlone) {
    const test::TemporaryFolder folder;
    const auto path = (folder.path() / "important").string();
    ASSERT_TRUE(replace_file(path, "data", 0600));
    EXPECT_EQ(ListeningSocket::open(path).error().code, Errc::conflict);
    EXPECT_EQ(*read_file(path), "data");
    EXPECT_EQ(ListeningSocket::open("/" + std::string(200, 'x')).error().code, Errc::malformed);
}

TEST(ListeningSocket, OnlyListeningSocketsAreAdopted) {
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_FALSE(ListeningSocket::adopt(std::move(socket)));
    EXPECT_FALSE(ListeningSocket::adopt(FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC))));
    FileDescriptor listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::listen(listening.get(), 1), 0);
    EXPECT_TRUE(ListeningSocket::adopt(std::move(listening)));
}

TEST(Listener, HandsOverEveryConnection) {
    Loop loop;
    auto opened = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(opened);
    std::vector<FileDescriptor> accepted;
    Listener listener(loop, std::move(*opened),
                      [&](FileDescriptor socket) { accepted.push_back(std::move(socket)); });
    ASSERT_TRUE(listener.start());
    std::vector<FileDescriptor> clients;
    for (std::size_t i = 0; i < Listener::accepts_per_turn_max + 10; ++i)
        clients.push_back(connect_now(listener.socket()));
    EXPECT_TRUE(test::run_until(loop, [&] { return accepted.size() == clients.size(); }));
    EXPECT_NE(::fcntl(accepted.front().get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(Listener, AfterStopNobodyIsAccepted) {
    Loop loop;
    auto opened = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(opened);
    int accepted = 0;
    Listener listener(loop, std::move(*opened), [&](FileDescriptor) { ++accepted; });
    ASSERT_TRUE(listener.start());
    listener.stop();
    const auto client = connect_now(listener.socket());  // the kernel's queue takes it
    test::settle(loop);
    EXPECT_EQ(accepted, 0);
    ASSERT_TRUE(listener.start());
    EXPECT_TRUE(test::run_until(loop, [&] { return accepted == 1; }));
}

TEST(Listener, TwoLoopsShareOneSocket) {
    Loop one;
    Loop two;
    auto opened = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(opened);
    auto copy = opened->duplicate();
    ASSERT_TRUE(copy);
    int by_two = 0;
    Listener idle(one, std::move(*opened), [](FileDescriptor) {});
    Listener busy(two, std::move(*copy), [&](FileDescriptor) { ++by_two; });
    ASSERT_TRUE(busy.start());
    const auto client = connect_now(idle.socket());
    EXPECT_TRUE(test::run_until(two, [&] { return by_two == 1; }));
}

/// Lets the process open no further descriptor while it lives.
class NoDescriptorsLeft {
public:
    NoDescriptorsLeft() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const FileDescriptor next(::dup(0));
        const rlimit now{static_cast<rlim_t>(next.get()), before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &now);
    }
    ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST(Listener, WithoutDescriptorsOneClientIsTurnedAwayAndTheOthersAreServedLater) {
    Loop loop;
    auto opened = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(opened);
    std::vector<FileDescriptor> accepted;
    Listener listener(loop, std::move(*opened),
                      [&](FileDescriptor socket) { accepted.push_back(std::move(socket)); });
    ASSERT_TRUE(listener.start());
    const auto first = connect_now(listener.socket());
    const auto waiting = connect_now(listener.socket());
    char byte = 0;
    {
        const NoDescriptorsLeft none;
        EXPECT_TRUE(test::run_until(loop, [&] {
            return ::recv(first.get(), &byte, 1, MSG_DONTWAIT) == 0;  // turned away
        }));
        EXPECT_TRUE(accepted.empty());
    }
    // On a slow machine the pause may end within the block, and `waiting` is turned away as well.
    const auto late = connect_now(listener.socket());
    EXPECT_TRUE(test::run_until(loop, [&] { return !accepted.empty(); }));
}

/// Without descriptors, pauses the listener: one client is turned away.
void pause_for_descriptors(Loop& loop, Listener& listener) {
    const auto client = connect_now(listener.socket());
    const NoDescriptorsLeft none;
    char byte = 0;
    EXPECT_TRUE(
        test::run_until(loop, [&] { return ::recv(client.get(), &byte, 1, MSG_DONTWAIT) == 0; }));
}

TEST(Listener, APauseThatIsOverDoesNotReachADestroyedListener) {
    Loop loop;
    auto opened = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(opened);
    auto listener = std::make_unique<Listener>(loop, std::move(*opened), [](FileDescriptor) {});
    ASSERT_TRUE(listener->start());
    test::destroy_when_its_timer_has_fired(
        loop, Listener::pause, [&] { pause_for_descriptors(loop, *listener); },
        [&] { listener.reset(); });
}

TEST(Listener, StoppedInAPauseItAcceptsAfterTheNextStart) {
    Loop loop;
    auto opened = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(opened);
    int accepted = 0;
    Listener listener(loop, std::move(*opened), [&](FileDescriptor) { ++accepted; });
    ASSERT_TRUE(listener.start());
    pause_for_descriptors(loop, listener);
    listener.stop();
    ASSERT_TRUE(listener.start());
    const auto client = connect_now(listener.socket());
    EXPECT_TRUE(test::run_until(loop, [&] { return accepted == 1; }));
}

/// Runs `body` in a child process whose descriptors and environment do not matter to anybody.
template <class Body>
int exit_code_of(Body body) {
    const auto child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(PassedSockets, AreTakenWithTheirNamesAndTheEnvironmentForgotten) {
    auto opened = ListeningSocket::open("127.0.0.1:0");
    ASSERT_TRUE(opened);
    const int code = exit_code_of([&] {
        if (opened->native_handle() != 3) ::dup2(opened->native_handle(), 3);
        ::dup2(3, 4);
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", "2", 1);
        ::setenv("LISTEN_FDNAMES", "tls:proxy", 1);
        auto passed = take_passed_sockets();
        if (passed.size() != 2 || passed[0].name != "tls" || passed[1].name != "proxy") return 1;
        if (passed[0].socket.get() != 3 || (::fcntl(4, F_GETFD) & FD_CLOEXEC) == 0) return 2;
        if (::getenv("LISTEN_FDS") != nullptr) return 3;
        return ListeningSocket::adopt(std::move(passed[0].socket)) ? 0 : 4;
    });
    EXPECT_EQ(code, 0);
}

TEST(PassedSockets, OfAnotherProcessAreNotTaken) {
    const int code = exit_code_of([] {
        ::setenv("LISTEN_PID", "1", 1);
        ::setenv("LISTEN_FDS", "1", 1);
        return take_passed_sockets().empty() ? 0 : 1;
    });
    EXPECT_EQ(code, 0);
    EXPECT_TRUE(take_passed_sockets().empty());
}

}  // namespace
}  // namespace sallyport::net
