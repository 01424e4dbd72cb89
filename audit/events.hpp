#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

/// What the audit log can say: one struct per event, named in docs/AUDIT.md. The views need to live
/// only until append() returns. An empty text means "does not apply" and is left out of the record.
namespace sallyport::audit {

/// `exchange.begin`: an exchange was allowed and is about to reach the back end. Written before the
/// back end sees a byte.
struct ExchangeBegin {
    std::string_view exchange{};       // the exchange id, unique in the life of the log
    std::string_view tenant{};         // the tenant at the hub
    std::string_view client{};         // the cloud client that asked
    std::string_view hub{};            // which [[hub]] the link belongs to
    std::string_view location{};       // empty = the default location
    std::string_view agent{};          // at the hub: which agent it was given to
    std::string_view user{};           // the principal as the agent verified it; may be empty
    std::string_view user_type{};      // "Business" or "Technical"; empty = no principal
    std::string_view issuer{};         // who vouched for the user: `iss` of the token
    std::string_view principal{};      // as whom the back end sees the user, e.g. "x509:CN=jane"
    std::string_view virtual_host{};   // "erp.virtual:44300"
    std::string_view internal_host{};  // "https://s4.corp.local:44300"
    std::string_view method{};         // the effective method, or the kind of a stream, "CONNECT"
    std::string_view path{};           // without the query unless the mapping records it
    std::string_view rule{};           // the rule that allowed it, e.g. "2:/sap/opu/"
    std::string_view decision = "allowed";
};

/// `outcome` of an ExchangeEnd.
namespace outcome {
inline constexpr std::string_view answered = "answered";    // the back end's answer was passed on
inline constexpr std::string_view refused = "refused";      // policy said no; there is no begin
inline constexpr std::string_view failed = "failed";        // the back end or the way to it failed
inline constexpr std::string_view timed_out = "timed_out";  // a deadline of ours passed
inline constexpr std::string_view aborted = "aborted";      // the caller or an operator gave up
inline constexpr std::string_view lost = "lost";  // its end could not be recorded; written later
}  // namespace outcome

/// `exchange.end`: exactly one per exchange. One that was refused, or whose begin is not on record,
/// has an end that says who asked for what; for the others the log leaves those fields out.
struct ExchangeEnd {
    std::string_view exchange{};
    std::string_view outcome{};  // one of audit::outcome
    int status = 0;              // HTTP status the caller saw; 0 = none (streams, lost)
    std::string_view reason{};   // why, in the words of the error; empty if answered
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    std::chrono::microseconds duration{0};
    // Only where there is no begin:
    std::string_view tenant{};
    std::string_view client{};
    std::string_view hub{};
    std::string_view location{};
    std::string_view user{};
    std::string_view user_type{};
    std::string_view issuer{};
    std::string_view virtual_host{};
    std::string_view method{};
    std::string_view path{};
    std::string_view rule{};
};

/// `link.up`: a tunnel connection was accepted by both sides.
struct LinkUp {
    std::string_view hub{};
    std::string_view link{};    // link id
    std::string_view remote{};  // "192.0.2.7:443"
    std::string_view tenant{};
    std::string_view agent{};
    std::string_view location{};
    std::string_view certificate{};  // SHA-256 of the peer's certificate, hexadecimal
    std::uint64_t epoch = 0;
};

/// `link.down`: it ended.
struct LinkDown {
    std::string_view hub{};
    std::string_view link{};
    std::string_view remote{};
    std::string_view tenant{};
    std::string_view agent{};
    std::string_view reason{};
    std::chrono::microseconds duration{0};
};

/// `config.changed`: another configuration is in force from here on. Log::reconfigure writes it.
struct ConfigChanged {
    std::string_view before{};  // SHA-256 of the effective configuration, hexadecimal
    std::string_view after{};
    std::string_view who{};  // "uid:1000", "signal"
    std::string_view level{};
    std::string_view durability{};
    std::string_view on_failure{};
};

/// `certificate.enrolled`: this side got a new certificate.
struct CertificateEnrolled {
    std::string_view purpose{};  // "tunnel", "system", "ca"
    std::string_view subject{};
    std::string_view issuer{};
    std::string_view serial{};     // hexadecimal
    std::string_view not_after{};  // RFC 3339
    std::string_view sha256{};     // of the certificate, hexadecimal
};

// The following are written by the log itself.

/// `log.opened`: a process starts to write.
struct LogOpened {
    std::string_view program{};
    std::string_view version{};
    std::uint64_t pid = 0;
    std::string_view configuration{};  // the whole digest
    std::string_view level{};
    std::string_view durability{};
    std::string_view on_failure{};
    std::uint64_t lost = 0;  // so many exchange.end{lost} follow
};

/// `log.recovered`: what stood behind the last whole record was moved to `copy`, or a failed log
/// was put to work again.
struct LogRecovered {
    std::string_view file{};
    std::uint64_t torn_bytes = 0;
    std::uint64_t torn_lines = 0;  // 0 after a crash; more means that whole lines were unreadable
    std::string_view sha256{};     // of the torn bytes
    std::string_view copy{};
    std::uint64_t dropped = 0;     // records lost between the failure and the repair
    std::uint64_t unrecorded = 0;  // exchanges that passed in between without a begin on record
    std::string_view failure{};    // why the log had stopped
};

/// `log.closed`: the process ends in an orderly way.
struct LogClosed {};

/// `segment.opened`: first record of every segment but the first.
struct SegmentOpened {
    std::string_view previous{};       // file name of the segment before
    std::uint64_t previous_bytes = 0;  // its size
    std::uint64_t open_since = 0;      // no begin before this sequence still waits for its end
};

/// `clock.step`: the wall clock moved other than time did since the record before.
struct ClockStep {
    std::string_view expected{};  // RFC 3339: where the wall clock should have been
    std::chrono::microseconds step{0};
};

}  // namespace sallyport::audit
