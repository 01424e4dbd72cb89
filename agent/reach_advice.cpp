// What people are told about the steps to an internal system.
#include "agent/reachability.hpp"
#include "ssh/fault.hpp"

namespace sallyport::agent {
namespace {

std::string name_of(const ssh::Session::Options& server) {
    return server.user + "@" + server.host + ":" + std::to_string(server.port);
}

/// What both kinds of SSH servers may say; nothing for the rest.
std::string login_advice(const std::string& server, const Error& error) {
    using ssh::Fault;
    if (error.code == Fault::host_key_unknown || error.code == Fault::host_key_changed)
        return "Compare the key that " + server +
               " shows with what its administrator says, then put it into the known_hosts file of "
               "[[ssh]].";
    if (error.code == Fault::login)
        return "It does not let " + server +
               " in: is the public key of [[ssh]] in its authorized_keys?";
    return {};
}

std::string jump_host_advice(const ReachTarget& target, const std::string& place,
                             const Error& error) {
    using ssh::Fault;
    const auto server = name_of(*target.jump_host);
    if (auto advice = login_advice(server, error); !advice.empty()) return advice;
    if (error.code == Fault::forbidden)
        return "The jump host " + server + " must allow connections to " + place +
               " (AllowTcpForwarding, PermitOpen).";
    if (error.code == Fault::target_unreachable)
        return "The jump host " + server + " does not reach " + place +
               ": is the service running, and does every firewall between them let it through?";
    if (error.code == Errc::timed_out)
        return "The jump host " + server + " answers, but " + place +
               " does not answer it: is the system up, and does every firewall between them let "
               "the jump host connect?";
    if (error.code == Errc::limit)
        return "All channels through the jump host " + server +
               " are in use here: test fewer mappings at once.";
    return "The jump host " + server +
           " does not answer: is it up, and does every firewall on the way let this machine "
           "connect to it?";
}

std::string file_server_advice(const ReachTarget& target, const Error& error) {
    const auto server = name_of(*target.login);
    if (auto advice = login_advice(server, error); !advice.empty()) return advice;
    if (error.code == ssh::Fault::forbidden)
        return "It lets " + server +
               " in, but not to SFTP: its sshd_config must have a "
               "`Subsystem sftp`, and the key must be allowed to use it.";
    return "It did not end the log-on of " + server + ": its own log says why.";
}

}  // namespace

std::string_view to_text(ReachStep step) {
    switch (step) {
        case ReachStep::name:
            return "name";
        case ReachStep::tcp:
            return "tcp";
        case ReachStep::ssh:
            return "ssh";
        case ReachStep::tls:
            return "tls";
        case ReachStep::greeting:
            return "greeting";
        case ReachStep::login:
            return "login";
        case ReachStep::answer:
            return "answer";
    }
    return "";
}

std::string reach_advice(const ReachTarget& target, ReachStep step, const Error& error) {
    const auto place = target.host + ":" + std::to_string(target.port);
    switch (step) {
        case ReachStep::name:
            return "Correct the host in `internal`, or let this machine's DNS servers know it "
                   "(/etc/resolv.conf).";
        case ReachStep::tcp:
            if (error.code == Errc::timed_out)
                return "Nobody answers: is the system up, and does every firewall on the way let "
                       "this machine connect to " +
                       place + "?";
            return "Nothing takes connections at " + place +
                   ": is the service running, and is this its port?";
        case ReachStep::ssh:
            return jump_host_advice(target, place, error);
        case ReachStep::tls:
            if (error.code == Errc::untrusted)
                return "Name the authority of its certificate in [trust] ca_file or ca_folder, or "
                       "write the host in `internal` as the certificate names it; `pin` must be "
                       "one of its keys.";
            return "It does not end a TLS handshake: is " + std::to_string(target.port) +
                   " its TLS port?";
        case ReachStep::greeting:
            return "It takes connections, but does not speak " +
                   std::string(mappings::facts_of(target.protocol).name) + " at port " +
                   std::to_string(target.port) +
                   ": is this the right port, does it want TLS first, does it let this machine "
                   "in?";
        case ReachStep::login:
            return file_server_advice(target, error);
        case ReachStep::answer:
            return "It takes connections, but does not answer as a web server: is " + place +
                   " its HTTP port, and is it https?";
    }
    return {};
}

}  // namespace sallyport::agent
