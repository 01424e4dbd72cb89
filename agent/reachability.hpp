#pragma once

#include "agent/reach_certificate.hpp"
#include "agent/site.hpp"
#include "agent/ssh_hosts.hpp"
#include "base/error.hpp"
#include "mappings/mapping.hpp"
#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"
#include "ssh/session.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::agent {

/// One step on the way to an internal system.
enum class ReachStep : std::uint8_t { name, tcp, ssh, tls, greeting, login, answer };
std::string_view to_text(ReachStep step);

/// A request on behalf of nobody, to see whether a web server answers.
struct ReachQuestion {
    std::string target = "/";
    std::string host{};  // the Host field
};

/// Where to, and whom to believe there.
struct ReachTarget {
    std::string virtual_host{};  // "db.virtual:5431"
    std::string internal{};      // "tcp://db.corp:5431"
    mappings::Protocol protocol = mappings::Protocol::http;
    std::string host;
    std::uint16_t port = 0;
    std::shared_ptr<const net::TlsContext> trust{};  // empty: no TLS
    ShownCertificate shows = ShownCertificate::none;
    std::shared_ptr<const certs::KeyAndChain> certificate{};  // that is shown; empty: none
    std::optional<ssh::Session::Options> jump_host{};
    std::optional<ssh::Session::Options> login{};  // of files: as whom, and with which key
    std::optional<ReachQuestion> question{};       // of http and https; nothing: none is asked
};

/// What a web server said to it.
struct ReachAnswer {
    int status = 0;
    std::vector<std::string> schemes{};  // of its WWW-Authenticate fields, in lower case
    std::string location{};
};

/// What was found out.
struct Reachability {
    struct Step {
        ReachStep step = ReachStep::name;
        bool good = false;
        std::chrono::microseconds took{0};
        std::string text;  // what was found, or why it failed
    };
    ReachTarget target;
    std::vector<Step> steps{};
    std::string advice{};            // what to do; empty if it is reachable
    std::optional<Error> failure{};  // of the step that failed
    std::optional<ReachAnswer> answer{};
    bool certificate_asked = false;    // by the server, of its client
    bool certificate_lacking = false;  // the step failed since it wants one, or another one
    bool is_reachable() const { return advice.empty(); }
};

/// Each step.
inline constexpr std::chrono::milliseconds reach_step_timeout{5'000};
/// At once.
inline constexpr std::size_t reach_probes_max = 16;
/// Ports of one mapping that are tried; of more, the first.
inline constexpr std::uint16_t reach_ports_max = 16;

/// What `mapping` leads to: one target per port, at most reach_ports_max, and host; `only_port`:
/// that port of the first host, 0: all. The certificate that a target shows is left to the caller.
std::vector<ReachTarget> reach_targets(const Site& site, const mappings::Mapping& mapping,
                                       std::uint16_t only_port);

/// What targets are reached from; all of it outlives the asking.
struct ReachBase {
    net::Loop& loop;
    net::BlockingPool& pool;
    SshHosts& ssh_hosts;
};

/// Goes the way that exchanges of the mapping go, up to the first word of its protocol: resolves
/// the name and connects, or asks the jump host to, shakes hands with the trust of the
/// configuration, and lets the system say what it is (agent/greeting.hpp). Sends no request but the
/// target's question, and logs on only at servers of files, where nobody can do anything else.
net::Task<Reachability> reach(ReachBase base, ReachTarget target,
                              std::chrono::milliseconds step_timeout);

/// Asks with HEAD, on a connection that nobody uses afterwards. Errors: those of http::fetch.
net::Task<Result<ReachAnswer>> ask_web_server(net::Loop& loop, net::Duplex& wire,
                                              ReachQuestion question, net::Deadline deadline);

/// What an administrator does about a step that failed.
std::string reach_advice(const ReachTarget& target, ReachStep step, const Error& error);

/// All of `targets`, a few at a time; in their order.
std::vector<Reachability> reach_all(std::vector<ReachTarget> targets);

}  // namespace sallyport::agent
