#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

/// Events of administration, of both programs, and those that only the hub writes. As those of
/// audit/events.hpp.
namespace sallyport::audit {

/// `admin.action`: somebody changed something by a command, or tried to.
struct AdminAction {
    std::string_view act{};           // "agent.revoke", "config.reload"
    std::string_view who{};           // "uid:1000"
    std::string_view account{};       // the name of that user on this machine
    std::string_view sudo_account{};  // who became it with sudo, as sudo says
    std::string_view tenant{};
    std::string_view object{};  // what it was done to
    std::string_view before{};  // in a few words, never a secret
    std::string_view after{};
    std::string_view outcome{};             // "done", "refused", "failed"
    std::string_view reason{};              // why it was not done
    std::string_view done_at{};             // RFC 3339, where it is recorded later
    std::optional<std::uint64_t> outbox{};  // its number in the hub's database
};

/// `admin.login`: somebody was not let in to local administration.
struct AdminLogin {
    std::string_view who{};      // "uid:1000"; over HTTPS the subject of a certificate, if any
    std::string_view account{};  // the name of that user on this machine
    std::string_view remote{};   // over HTTPS: from where
    std::string_view outcome{};  // "refused"
    std::string_view reason{};
};

/// `ready.changed`: a synthetic exchange has gone hub -> agent -> hub after it had not, or not for
/// a while; or something else made the program ready or not.
struct ReadyChanged {
    std::string_view tenant{};  // in the hub's log: which agent; without one the hub itself
    std::string_view agent{};
    std::string_view location{};
    std::string_view state{};  // "ready", "not_ready"
    std::string_view reason{};
    std::chrono::microseconds round_trip{0};  // of the synthetic exchange, if there was one
};

/// `link.refused`: a connection of an agent was not taken in.
struct LinkRefused {
    std::string_view hub{};
    std::string_view remote{};
    std::string_view tenant{};
    std::string_view agent{};
    std::string_view location{};
    std::string_view certificate{};  // SHA-256 of the agent's certificate, hexadecimal
    std::string_view code{};         // as the agent is told, "not_granted"
    std::string_view reason{};
};

/// `token.refused`: a token, or an access key, that opens no way.
struct TokenRefused {
    std::string_view exchange{};
    std::string_view via{};  // "http", "socks5", "saprouter"
    std::string_view remote{};
    std::string_view tenant{};
    std::string_view client{};
    std::string_view location{};
    std::string_view virtual_host{};
    std::string_view code{};  // "token_refused", "key_refused", "host_refused"
    std::string_view reason{};
};

/// `client.refused`: a client of the token service got no token.
struct ClientRefused {
    std::string_view client{};  // as whom it came
    std::string_view remote{};
    std::string_view reason{};
};

/// `enrolment.refused`: somebody got no certificate.
struct EnrolmentRefused {
    std::string_view tenant{};
    std::string_view agent{};
    std::string_view remote{};
    std::string_view serial{};  // of the certificate that was shown
    std::string_view reason{};
};

/// `refusals.left_out`: there were more refusals than are recorded one by one.
struct RefusalsLeftOut {
    std::string_view refused{};  // which event: "token.refused"
    std::uint64_t count = 0;
};

/// `certificate.issued`: an agent has a certificate that opens links.
struct CertificateIssued {
    std::string_view tenant{};
    std::string_view agent{};
    std::string_view purpose{};  // "enrolment", "renewal"
    std::uint64_t generation = 0;
    std::string_view serial{};
    std::string_view not_after{};  // RFC 3339
    std::string_view sha256{};     // of the certificate, hexadecimal
    std::string_view key{};        // SHA-256 of its public key, hexadecimal
    std::string_view issuer{};     // SHA-256 of the key of the authority, hexadecimal
    std::string_view remote{};     // who asked for it
};

/// `agent.alarm`: something about an agent that somebody must look into.
struct AgentAlarm {
    std::string_view tenant{};
    std::string_view agent{};
    std::string_view remote{};
    std::string_view code{};  // "clone", or of its audit log: "rollback", "new_log"
    std::string_view reason{};
};

/// `code` of an AgentAlarm: two processes with one agent's identity were seen.
inline constexpr std::string_view clone_alarm = "clone";

/// `witness.refused`: somebody who should countersign this log does not, for a reason that does not
/// go away by itself.
struct WitnessRefused {
    std::string_view witness{};  // its name in the configuration
    std::string_view code{};     // "fork", "rollback"
    std::string_view reason{};
};

}  // namespace sallyport::audit
