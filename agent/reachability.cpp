#include "agent/reachability.hpp"

#include "agent/greeting.hpp"
#include "agent/ways.hpp"
#include "audit/clock.hpp"
#include "net/blocking_pool.hpp"
#include "net/connect.hpp"
#include "net/endpoint.hpp"
#include "net/idle_sweep.hpp"
#include "net/resolver.hpp"
#include "net/task_group.hpp"
#include "net/tls_duplex.hpp"
#include "net/within.hpp"
#include "ssh/host.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sallyport::agent {
namespace {

using Clock = std::chrono::steady_clock;
using Connection = std::unique_ptr<net::Duplex>;

/// Puts each step on record with the time that it took.
class Recorder {
public:
    explicit Recorder(Reachability& about) : about_(about) {}

    void begin() { begun_ = Clock::now(); }
    void good(ReachStep step, std::string text) { add(step, true, std::move(text)); }
    void failed(ReachStep step, const Error& error) {
        const auto why = error.detail.empty() ? to_text(error) : error.detail;
        about_.certificate_lacking = demands_certificate(about_, step, error);
        if (!about_.certificate_lacking) {
            about_.advice = reach_advice(about_.target, step, error);
        } else if (about_.target.shows == ShownCertificate::of_user &&
                   error.code != Errc::cut) {  // it may have died just then
            return add(step, true, "it demands a client certificate, and users show theirs");
        } else {
            about_.advice = certificate_advice(about_.target);
        }
        about_.failure = error;
        add(step, false,
            (about_.certificate_lacking ? "it demands a client certificate: " : "") + why);
    }
    void certificate_asked(bool asked) { about_.certificate_asked = asked; }

private:
    void add(ReachStep step, bool good, std::string text) {
        const auto took =
            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun_);
        about_.steps.push_back({step, good, took, std::move(text)});
    }
    Reachability& about_;
    Clock::time_point begun_ = Clock::now();
};

std::string describe(const net::TlsDuplex& tls) {
    auto text = std::string(tls.version());
    if (const auto certificate = tls.peer_certificate())
        text += ", " + certificate->subject() + ", until " +
                audit::to_rfc3339(
                    std::chrono::floor<std::chrono::microseconds>(certificate->not_after()));
    return text;
}

/// The system's first word, from a connection that is attached.
net::Task<Result<std::string>> greet(net::Duplex& wire, net::Event& event,
                                     mappings::Protocol protocol, net::Deadline deadline) {
    const auto question = greeting_question(protocol);
    // A few bytes on a new connection: either there is room, or it is dead, which reading tells.
    wire.write(question);
    Bytes received;
    std::array<std::byte, greeting_bytes_max> chunk;
    while (true) {
        const auto moved = wire.read(chunk);
        if (moved.state == net::Moved::State::failed) {
            const auto why = wire.failure();
            co_return Error{moved.error, why.empty() ? "it broke off the connection" : why};
        }
        const bool ended = moved.state == net::Moved::State::ended;
        if (moved.state == net::Moved::State::ok)
            received.insert(received.end(), chunk.begin(),
                            chunk.begin() + static_cast<std::ptrdiff_t>(moved.bytes));
        const auto greeting = read_greeting(protocol, received, ended);
        if (greeting.state == Greeting::State::wrong)
            co_return Error{Errc::protocol, greeting.text};
        if (greeting.state == Greeting::State::good) co_return greeting.text;
        if (moved.state == net::Moved::State::ok) continue;
        const auto woken = co_await net::within(deadline, net::wait_for(event));
        if (!woken) co_return Error{woken.error().code, "it said nothing"};
    }
}

net::Task<Result<std::string>> greet_and_leave(net::Loop& loop, Connection wire,
                                               mappings::Protocol protocol,
                                               net::Deadline deadline) {
    net::Event event(loop.turn);
    if (auto attached = wire->attach(loop, event); !attached) co_return attached.error();
    auto said = co_await greet(*wire, event, protocol, deadline);
    if (said) wire->write(greeting_farewell(protocol));
    wire->finish();
    co_return said;
}

net::Task<std::optional<Connection>> connect(ReachBase base, const ReachTarget& target,
                                             Recorder& recorder,
                                             std::chrono::milliseconds patience) {
    recorder.begin();
    auto found = co_await net::resolve(base.pool, base.loop, target.host, target.port,
                                       net::deadline_in(patience));
    if (!found) {
        recorder.failed(ReachStep::name, found.error());
        co_return std::nullopt;
    }
    if (!net::Endpoint::literal(target.host, target.port)) {
        std::string addresses;
        for (const auto& endpoint : *found)
            addresses += (addresses.empty() ? "" : ", ") + endpoint.to_string();
        recorder.good(ReachStep::name, std::move(addresses));
    }
    recorder.begin();
    const net::ConnectOptions options;
    auto socket = co_await net::connect_tcp(base.loop, std::move(*found), options,
                                            net::deadline_in(patience));
    if (!socket) {
        recorder.failed(ReachStep::tcp, socket.error());
        co_return std::nullopt;
    }
    recorder.good(ReachStep::tcp, (*socket)->peer());
    co_return Connection(std::move(*socket));
}

/// The jump host resolves the name, and connects.
net::Task<std::optional<Connection>> connect_through(ReachBase base, const ReachTarget& target,
                                                     Recorder& recorder,
                                                     std::chrono::milliseconds patience) {
    recorder.begin();
    const auto jump_host = base.ssh_hosts.find(*target.jump_host);
    auto channel =
        co_await jump_host->open_direct(target.host, target.port, net::deadline_in(patience));
    if (!channel) {
        recorder.failed(ReachStep::ssh, channel.error());
        co_return std::nullopt;
    }
    recorder.good(ReachStep::ssh, "through " + jump_host->status().name);
    co_return std::move(*channel);
}

net::Task<std::optional<Connection>> secure(net::Loop& loop, const ReachTarget& target,
                                            Connection wire, Recorder& recorder,
                                            std::chrono::milliseconds patience) {
    recorder.begin();
    net::TlsIdentity own;
    if (target.certificate)
        own = {.chain = target.certificate->chain, .key = &target.certificate->key};
    auto tls = net::TlsDuplex::client(target.trust, std::move(wire), target.host, own);
    if (!tls) {
        recorder.failed(ReachStep::tls, tls.error());
        co_return std::nullopt;
    }
    const auto done = co_await (*tls)->handshake(loop, net::deadline_in(patience));
    recorder.certificate_asked((*tls)->asked_for_certificate());
    if (!done) {
        recorder.failed(ReachStep::tls, done.error());
        co_return std::nullopt;
    }
    recorder.good(ReachStep::tls, describe(**tls));
    co_return Connection(std::move(*tls));
}

/// The agent's key opens a channel on which the server speaks SFTP.
net::Task<void> log_on(ReachBase base, const ReachTarget& target, Recorder& recorder,
                       std::chrono::milliseconds patience) {
    recorder.begin();
    const auto through =
        target.jump_host ? base.ssh_hosts.find(*target.jump_host) : std::shared_ptr<ssh::Host>();
    const auto server = base.ssh_hosts.find(*target.login, ssh::Session::channels_max, through);
    const auto channel = co_await server->open_subsystem("sftp", net::deadline_in(patience));
    if (channel)
        recorder.good(ReachStep::login, "as " + server->status().name + ", for SFTP");
    else
        recorder.failed(ReachStep::login, channel.error());
}

/// Takes one target after the other until there is none left.
net::Task<void> work(ReachBase base, std::vector<ReachTarget>& targets, std::size_t& next,
                     std::vector<Reachability>& found) {
    while (next < targets.size()) {
        const auto mine = next++;
        found[mine] = co_await reach(base, std::move(targets[mine]), reach_step_timeout);
    }
}

}  // namespace

std::vector<ReachTarget> reach_targets(const Site& site, const mappings::Mapping& mapping,
                                       std::uint16_t only_port) {
    std::vector<ReachTarget> targets;
    const auto add = [&](std::size_t host, std::uint16_t offset) {
        const auto& internal = mapping.host(host);
        const auto port = static_cast<std::uint16_t>(internal.ports.first + offset);
        const auto virtual_port = static_cast<std::uint16_t>(mapping.virtual_host.port() + offset);
        targets.push_back({.virtual_host = mapping.virtual_host.at(virtual_port).text(),
                           .internal = internal.text(port),
                           .protocol = internal.protocol,
                           .host = internal.host,
                           .port = port});
        if (mapping.is_tls()) targets.back().trust = site.trust_of(mapping, host);
        targets.back().shows = shown_certificate(mapping);
        if (mapping.is_files())
            targets.back().login = ssh_login(site, internal.user, internal.host, port);
        if (mapping.via)
            targets.back().jump_host =
                ssh_login(site, mapping.via->user, mapping.via->host, mapping.via->port);
    };
    std::uint16_t ports = 0;
    for (std::uint16_t i = 0; i < mapping.internal.ports.count && ports < reach_ports_max; ++i) {
        if (only_port != 0 && mapping.internal.ports.first + i != only_port) continue;
        ++ports;
        for (std::size_t host = 0; host < mapping.host_count(); ++host) add(host, i);
    }
    return targets;
}

net::Task<Reachability> reach(ReachBase base, ReachTarget target,
                              std::chrono::milliseconds step_timeout) {
    Reachability about{.target = std::move(target)};
    Recorder recorder(about);
    std::optional<Connection> wire;
    if (about.target.jump_host)
        wire = co_await connect_through(base, about.target, recorder, step_timeout);
    else
        wire = co_await connect(base, about.target, recorder, step_timeout);
    if (wire && about.target.trust)
        wire = co_await secure(base.loop, about.target, std::move(*wire), recorder, step_timeout);
    if (wire && has_greeting(about.target.protocol)) {
        recorder.begin();
        const auto said = co_await greet_and_leave(
            base.loop, std::move(*wire), about.target.protocol, net::deadline_in(step_timeout));
        if (said)
            recorder.good(ReachStep::greeting, *said);
        else
            recorder.failed(ReachStep::greeting, said.error());
        if (said && about.target.login) co_await log_on(base, about.target, recorder, step_timeout);
    } else if (wire && about.target.question) {
        recorder.begin();
        auto answer = co_await ask_web_server(base.loop, **wire, *about.target.question,
                                              net::deadline_in(step_timeout));
        if (answer) {
            recorder.good(ReachStep::answer, "status " + std::to_string(answer->status));
            about.answer = std::move(*answer);
        } else {
            recorder.failed(ReachStep::answer, answer.error());
        }
    }
    co_return about;
}

std::vector<Reachability> reach_all(std::vector<ReachTarget> targets) {
    std::vector<Reachability> found(targets.size());
    std::size_t next = 0;
    net::Loop loop;
    {
        net::BlockingPool pool(reach_probes_max);
        net::IdleSweep sweep(loop);
        SshHosts ssh_hosts(loop, sweep, pool);
        // Mappings that lead through the same jump host share a session.
        std::vector<std::shared_ptr<ssh::Host>> in_use;
        for (const auto& target : targets)
            if (target.jump_host) in_use.push_back(ssh_hosts.find(*target.jump_host));
        net::TaskGroup tasks(loop);
        const ReachBase base{loop, pool, ssh_hosts};
        for (std::size_t i = 0; i < std::min(reach_probes_max, targets.size()); ++i)
            tasks.spawn("reach", work(base, targets, next, found));
        while (!tasks.empty()) loop.io.run_one();
        // A jump host that says nothing is waited for beyond a step.
        tasks.spawn("stop", ssh_hosts.stop());
        loop.io.restart();
        while (!tasks.empty()) loop.io.run_one();
    }
    return found;
}

}  // namespace sallyport::agent
