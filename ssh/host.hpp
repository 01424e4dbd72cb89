#pragma once

#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/task.hpp"
#include "ssh/session.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sallyport::net {
class TaskGroup;
}

namespace sallyport::ssh {

/// One SSH server as one user, for one loop: kept sessions, made when first needed, again when they
/// broke, and more than one when one is full or held up. Shared by everybody who goes through it;
/// who lets go of it leaves the channels that are open to their owners.
class Host : public std::enable_shared_from_this<Host> {
public:
    using Connection = Result<std::unique_ptr<net::Duplex>>;

    /// What it lives on; all of it stays longer than the Host.
    struct Surroundings {
        net::Loop& loop;
        net::IdleSweep& sweep;
        net::BlockingPool& pool;
        net::TaskGroup& tasks;  // where connecting goes on if its first caller leaves
    };
    static constexpr std::size_t sessions_max = 8;
    /// Of them, those that targets which never answered before may hold up.
    static constexpr std::size_t stuck_max = 4;
    /// A target that did not answer in time is not asked for again before.
    static constexpr std::chrono::seconds rest_after_silence{5};
    /// Of targets that answered, names that are remembered.
    static constexpr std::size_t answered_max = 4096;
    /// After a failure nobody tries again before; doubles up to the longest.
    static constexpr std::chrono::milliseconds pause_first{250};
    static constexpr std::chrono::milliseconds pause_max{10'000};

    /// How many channels one session takes: sshd allows 10 sessions with a subsystem (MaxSessions),
    /// and any number of direct connections.
    /// `through`: the server itself is behind that one; null: it is reached by TCP.
    static std::shared_ptr<Host> make(Surroundings surroundings, Session::Options options,
                                      std::size_t channels_per_session = Session::channels_max,
                                      std::shared_ptr<Host> through = nullptr);
    ~Host();

    /// As Session::open_direct. Connects first if need be; callers who come meanwhile share the
    /// attempt. Errors: Fault, Errc::timed_out, Errc::limit.
    net::Task<Connection> open_direct(std::string host, std::uint16_t port, net::Deadline deadline);
    net::Task<Connection> open_subsystem(std::string name, net::Deadline deadline);

    struct Status {
        std::string name;  // "tunnel@jump.corp:22"
        std::size_t sessions = 0;
        std::size_t channels = 0;
        std::string last_error;  // of connecting, until it works again
    };
    Status status() const;
    const Session::Options& options() const { return options_; }
    const std::shared_ptr<Host>& through() const { return through_; }

private:
    struct Attempt;
    struct Wanted;

    Host(Surroundings surroundings, Session::Options options, std::size_t channels_per_session,
         std::shared_ptr<Host> through);
    net::Task<Connection> open(Wanted wanted, net::Deadline deadline);
    std::shared_ptr<Session> choose();
    bool is_stuck_on(const std::string& target) const;
    std::size_t stuck() const;
    bool is_silent(const std::string& target);
    void learn(const std::string& target, const Session& session, const Connection& connection);
    void forget_dead();
    net::Task<Result<void>> connect(net::Deadline deadline);
    static net::Task<void> run(std::shared_ptr<Host> self, std::shared_ptr<Attempt> attempt);
    net::Task<Result<std::shared_ptr<Session>>> start();
    net::Task<Connection> dial(net::Deadline deadline);
    void failed(const Error& error);
    std::string name() const;

    Surroundings around_;
    Session::Options options_;
    std::size_t channels_per_session_;
    std::shared_ptr<Host> through_;
    std::vector<std::shared_ptr<Session>> sessions_;  // at most sessions_max
    std::map<std::string, net::Deadline> silent_;     // targets, and until when they rest
    std::set<std::string> answered_;                  // targets, at most answered_max
    std::shared_ptr<Attempt> attempt_;                // in flight, or null
    std::optional<Error> last_error_;
    std::chrono::milliseconds pause_{0};
    net::Deadline not_before_{};
};

}  // namespace sallyport::ssh
