#include "net/connect.hpp"

#include "base/error.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/resolver.hpp"
#include "net/within.hpp"

#include <cerrno>
#include <cstring>
#include <list>
#include <netinet/tcp.h>
#include <sys/un.h>

namespace sallyport::net {
namespace {

/// One address being tried.
class Attempt final : private Watcher {
public:
    Attempt(Loop& loop, Event& changed, const Endpoint& endpoint)
        : loop_(loop), changed_(changed), endpoint_(endpoint) {}
    ~Attempt() { unwatch(); }
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    Result<void> start(const ConnectOptions& options) {
        const int family = endpoint_.is_v6() ? AF_INET6 : AF_INET;
        socket_ = FileDescriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!socket_) return os_error("open a socket");
        if (options.user_timeout.count() > 0) {
            const auto limit = static_cast<unsigned>(options.user_timeout.count());
            ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
        }
        if (::connect(socket_.get(), endpoint_.address(), endpoint_.size()) != 0 &&
            errno != EINPROGRESS)
            return os_error(endpoint_.to_string());
        auto added = loop_.poller.add(socket_.get(), *this);
        watched_ = added.has_value();
        return added;
    }

    bool decided() const { return decided_; }
    Result<FileDescriptor> take() {
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
        unwatch();
        if (error != 0)
            return Error{{error, boost::system::system_category()}, endpoint_.to_string()};
        return std::move(socket_);
    }

private:
    void on_events(std::uint32_t events) override {
        // A fresh socket may report a hang-up before connect() has begun to matter; a result is
        // there once it is writable or has an error.
        if ((events & (EPOLLOUT | EPOLLERR)) == 0) return;
        decided_ = true;
        changed_.set();
    }
    void unwatch() {
        if (watched_) loop_.poller.remove(socket_.get(), *this);
        watched_ = false;
    }

    Loop& loop_;
    Event& changed_;
    Endpoint endpoint_;
    FileDescriptor socket_;
    bool watched_ = false;
    bool decided_ = false;
};

/// The addresses of one host, tried beside each other with a stagger.
class Race {
public:
    Race(Loop& loop, std::vector<Endpoint> endpoints, ConnectOptions options)
        : loop_(loop), changed_(loop.turn), endpoints_(std::move(endpoints)), options_(options) {
        if (endpoints_.size() > connect_addresses_max)
            endpoints_.erase(endpoints_.begin() + connect_addresses_max, endpoints_.end());
    }

    Task<Result<FileDescriptor>> run(Deadline deadline) {
        auto next_start = Loop::now();
        while (true) {
            const auto now = Loop::now();
            if (now >= deadline) co_return summary(Errc::timed_out);
            if (next_ < endpoints_.size() && (now >= next_start || attempts_.empty())) {
                start_next();
                next_start = now + options_.stagger;
            }
            if (auto won = winner()) co_return std::move(*won);
            if (attempts_.empty()) {
                if (next_ == endpoints_.size()) co_return summary(Errc::unavailable);
                continue;
            }
            const auto wake = next_ < endpoints_.size() ? std::min(next_start, deadline) : deadline;
            const auto woken = co_await within(wake, wait_for(changed_));
            if (!woken && woken.error().code != Errc::timed_out) co_return woken.error();
        }
    }

private:
    void start_next() {
        const auto& endpoint = endpoints_[next_++];
        auto& attempt = attempts_.emplace_back(loop_, changed_, endpoint);
        if (auto started = attempt.start(options_); !started) {
            note(started.error());
            attempts_.pop_back();
        }
    }
    std::optional<FileDescriptor> winner() {
        for (auto i = attempts_.begin(); i != attempts_.end();) {
            if (!i->decided()) {
                ++i;
                continue;
            }
            auto socket = i->take();
            if (socket) return std::move(*socket);
            note(socket.error());
            i = attempts_.erase(i);
        }
        return std::nullopt;
    }
    void note(const Error& error) { said_ += (said_.empty() ? "" : "; ") + to_text(error); }
    Error summary(Errc code) const {
        std::string text = "cannot connect";
        if (!said_.empty()) text += ": " + said_;
        if (code == Errc::timed_out) text += said_.empty() ? ": no answer" : "; others: no answer";
        return {code, std::move(text)};
    }

    Loop& loop_;
    Event changed_;
    std::vector<Endpoint> endpoints_;
    ConnectOptions options_;
    std::list<Attempt> attempts_;
    std::size_t next_ = 0;
    std::string said_;
};

}  // namespace

Task<Result<std::unique_ptr<SocketDuplex>>> connect_tcp(Loop& loop, std::vector<Endpoint> endpoints,
                                                        ConnectOptions options, Deadline deadline) {
    Race race(loop, interleave(std::move(endpoints)), options);
    auto socket = co_await race.run(deadline);
    if (!socket) co_return socket.error();
    co_return std::make_unique<SocketDuplex>(std::move(*socket));
}

Task<Result<std::unique_ptr<SocketDuplex>>> dial(BlockingPool& pool, Loop& loop, std::string host,
                                                 std::uint16_t port, ConnectOptions options,
                                                 Deadline deadline) {
    auto endpoints = co_await resolve(pool, loop, host, port, deadline);
    if (!endpoints) co_return endpoints.error();
    auto socket = co_await connect_tcp(loop, std::move(*endpoints), options, deadline);
    if (!socket) co_return Error{socket.error().code, host + ": " + socket.error().detail};
    co_return socket;
}

Result<std::unique_ptr<SocketDuplex>> connect_unix(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto& text = path.native();
    if (text.size() >= sizeof address.sun_path)
        return Error{Errc::malformed, "the path " + text + " is too long for a Unix socket"};
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return os_error("open a socket");
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return os_error("connect to " + text);
    return std::make_unique<SocketDuplex>(std::move(socket));
}

}  // namespace sallyport::net
