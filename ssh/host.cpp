#include "ssh/host.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/blocking_pool.hpp"
#include "net/connect.hpp"
#include "net/task_group.hpp"
#include "net/within.hpp"
#include "ssh/fault.hpp"

#include <algorithm>

namespace sallyport::ssh {
namespace {

/// How often somebody who waits for a busy server looks again.
constexpr std::chrono::milliseconds look_again{250};
/// Sent bytes that nobody acknowledges for so long mean that the server is gone.
constexpr std::chrono::milliseconds unacknowledged{20'000};

}  // namespace

struct Host::Wanted {
    std::string target;      // as Session::stuck_on() says it
    std::string name;        // of the host or subsystem
    std::uint16_t port = 0;  // 0: a subsystem
};

/// To make one more session; the callers that wait for it share it.
struct Host::Attempt {
    bool done = false;
    std::optional<Error> failure;
    std::vector<net::Event*> waiting;
};

std::shared_ptr<Host> Host::make(Surroundings surroundings, Session::Options options,
                                 std::size_t channels_per_session, std::shared_ptr<Host> through) {
    return std::shared_ptr<Host>(
        new Host(surroundings, std::move(options), channels_per_session, std::move(through)));
}

Host::Host(Surroundings surroundings, Session::Options options, std::size_t channels_per_session,
           std::shared_ptr<Host> through)
    : around_(surroundings),
      options_(std::move(options)),
      channels_per_session_(std::min(channels_per_session, Session::channels_max)),
      through_(std::move(through)) {}

Host::~Host() = default;

std::string Host::name() const {
    return options_.user + "@" + options_.host + ":" + std::to_string(options_.port);
}

net::Task<Host::Connection> Host::open_direct(std::string host, std::uint16_t port,
                                              net::Deadline deadline) {
    auto target = host + ":" + std::to_string(port);
    return open(Wanted{std::move(target), std::move(host), port}, deadline);
}

net::Task<Host::Connection> Host::open_subsystem(std::string name, net::Deadline deadline) {
    auto target = "subsystem " + name;
    return open(Wanted{std::move(target), std::move(name), 0}, deadline);
}

net::Task<Host::Connection> Host::open(Wanted wanted, net::Deadline deadline) {
    const auto self = shared_from_this();
    bool is_repeated = false;
    while (net::Loop::now() < deadline) {
        forget_dead();
        if (is_silent(wanted.target))
            co_return Error{Errc::timed_out, name() + " did not reach " + wanted.target +
                                                 " in time just now; it is asked again soon"};
        const auto session = choose();
        // A target that does not answer may hold up one session, and all that do not some of them.
        const bool is_full = session == nullptr && sessions_.size() >= sessions_max;
        const bool is_doubtful = stuck() >= stuck_max && !answered_.contains(wanted.target);
        if (is_full && stuck() == 0)
            co_return Error{Errc::limit, "too many channels through " + name() + " are in use"};
        if (is_full || is_doubtful || is_stuck_on(wanted.target)) {
            co_await net::sleep_for(
                std::min<net::Deadline::duration>(look_again, deadline - net::Loop::now()));
            continue;
        }
        if (session == nullptr) {
            const auto connected = co_await connect(deadline);
            if (!connected) co_return connected.error();
            continue;
        }
        Connection connection = Error{Errc::failed, {}};
        if (wanted.port == 0)
            connection = co_await session->open_subsystem(wanted.name, deadline);
        else
            connection = co_await session->open_direct(wanted.name, wanted.port, deadline);
        learn(wanted.target, *session, connection);
        if (connection || connection.error().code == Errc::timed_out) co_return connection;
        if (connection.error().code == Errc::not_begun) continue;
        // A kept session that turns out to be dead has opened nothing.
        if (session->usable() || std::exchange(is_repeated, true)) co_return connection;
    }
    co_return Error{Errc::timed_out, name() + " is busy with other connections"};
}

/// One that can open a channel now.
std::shared_ptr<Session> Host::choose() {
    const auto found = std::ranges::find_if(sessions_, [this](const auto& session) {
        return session->usable() && session->channels() < channels_per_session_ &&
               session->stuck_on().empty();
    });
    return found == sessions_.end() ? nullptr : *found;
}

bool Host::is_stuck_on(const std::string& target) const {
    return std::ranges::any_of(sessions_,
                               [&](const auto& session) { return session->stuck_on() == target; });
}

std::size_t Host::stuck() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        sessions_, [](const auto& session) { return !session->stuck_on().empty(); }));
}

bool Host::is_silent(const std::string& target) {
    std::erase_if(silent_, [now = net::Loop::now()](const auto& one) { return one.second <= now; });
    return silent_.contains(target);
}

/// What an answer, or none, says about the target itself.
void Host::learn(const std::string& target, const Session& session, const Connection& connection) {
    const bool is_answer = connection || connection.error().code == Fault::target_unreachable;
    if (is_answer) {
        if (answered_.size() >= answered_max) answered_.clear();
        answered_.insert(target);
    } else if (connection.error().code == Errc::timed_out && session.stuck_on() == target) {
        answered_.erase(target);
        silent_[target] = net::deadline_in(rest_after_silence);
    }
}

/// Those that are over, and where there are too many, those that nobody would miss.
void Host::forget_dead() {
    std::erase_if(sessions_, [](const auto& session) {
        return session->failure() || (!session->usable() && !session->in_use());
    });
    if (sessions_.size() < sessions_max && stuck() < stuck_max) return;
    std::erase_if(sessions_, [](const auto& session) {
        return !session->in_use() && !session->stuck_on().empty();
    });
}

net::Task<Result<void>> Host::connect(net::Deadline deadline) {
    auto attempt = attempt_;
    if (!attempt) {
        if (last_error_ && net::Loop::now() < not_before_) co_return *last_error_;
        attempt = std::make_shared<Attempt>();
        attempt_ = attempt;
        around_.tasks.spawn("ssh connect", run(shared_from_this(), attempt));
    }
    net::Event event(around_.loop.turn);
    struct Registered {
        Registered(Attempt& a, net::Event& e) : attempt(a), event(e) {
            attempt.waiting.push_back(&event);
        }
        ~Registered() { std::erase(attempt.waiting, &event); }
        Registered(const Registered&) = delete;
        Registered& operator=(const Registered&) = delete;
        Attempt& attempt;
        net::Event& event;
    };
    const Registered registered(*attempt, event);
    while (!attempt->done) {
        auto wait = net::wait_for(event);
        const auto woken = co_await net::within(deadline, std::move(wait));
        if (!woken && net::Loop::now() >= deadline)
            co_return Error{Fault::unreachable, name() + " does not answer"};
    }
    if (attempt->failure) co_return *attempt->failure;
    co_return Result<void>();
}

net::Task<void> Host::run(std::shared_ptr<Host> self, std::shared_ptr<Attempt> attempt) {
    auto session = co_await self->start();
    if (session) {
        self->sessions_.push_back(std::move(*session));
        self->last_error_.reset();
        self->pause_ = std::chrono::milliseconds(0);
    } else {
        self->failed(session.error());
        attempt->failure = session.error();
    }
    attempt->done = true;
    self->attempt_.reset();
    for (auto* waiting : attempt->waiting) waiting->set();
}

net::Task<Result<std::shared_ptr<Session>>> Host::start() {
    const auto deadline = net::deadline_in(options_.connect_timeout);
    auto wire = co_await dial(deadline);
    if (!wire) co_return wire.error();
    auto started = co_await Session::start(around_.loop, around_.sweep, around_.pool,
                                           std::move(*wire), options_, deadline);
    if (!started && started.error().code == Errc::timed_out)
        co_return Error{Fault::unreachable, name() + " does not finish its part of the handshake"};
    co_return started;
}

net::Task<Host::Connection> Host::dial(net::Deadline deadline) {
    if (through_) {
        auto channel = co_await through_->open_direct(options_.host, options_.port, deadline);
        if (!channel && channel.error().code == Errc::timed_out)
            co_return Error{Fault::unreachable, channel.error().detail};
        co_return channel;
    }
    const net::ConnectOptions how{.user_timeout = unacknowledged};
    auto socket =
        co_await net::dial(around_.pool, around_.loop, options_.host, options_.port, how, deadline);
    if (!socket) co_return Error{Fault::unreachable, name() + ": " + to_text(socket.error())};
    co_return std::unique_ptr<net::Duplex>(std::move(*socket));
}

void Host::failed(const Error& error) {
    last_error_ = error;
    pause_ = std::clamp(pause_ * 2, pause_first, pause_max);
    not_before_ = net::deadline_in(pause_);
    const bool somebody_must_act = error.code == Fault::host_key_changed ||
                                   error.code == Fault::host_key_unknown ||
                                   error.code == Fault::login;
    log::write(somebody_must_act ? log::Level::error : log::Level::warn, "ssh.refused",
               {{"server", name()}, {"error", to_text(error)}});
}

Host::Status Host::status() const {
    Status status{.name = name(), .sessions = 0, .channels = 0, .last_error = {}};
    for (const auto& session : sessions_) {
        if (session->failure()) continue;
        ++status.sessions;
        status.channels += session->channels();
    }
    if (last_error_) status.last_error = to_text(*last_error_);
    return status;
}

}  // namespace sallyport::ssh
