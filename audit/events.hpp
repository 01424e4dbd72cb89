#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
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
    std::string_view destination{};    // where a file is moved to
    std::string_view rule{};           // the rule that allowed it, e.g. "2:/sap/opu/"
    std::string_view trace{};          // trace id of a W3C traceparent that the client sent
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
    std::uint64_t attempts = 0;        // at internal hosts; told where it took more than one
    std::string_view internal_host{};  // that was used in the end, where the begin names another
    std::string_view trace{};          // as in the begin
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
    std::string_view destination{};
    std::string_view rule{};
    std::string_view token_fault{};  // of a refusal: why its token names nobody
};

/// `backend.state`: an internal host is left alone, or used again.
struct BackendState {
    std::string_view virtual_host{};
    std::string_view internal_host{};
    std::string_view state{};   // one of audit::backend
    std::string_view reason{};  // in words
};

/// `state` of a BackendState.
namespace backend {
inline constexpr std::string_view opened = "circuit_open";    // after failures of exchanges
inline constexpr std::string_view closed = "circuit_closed";  // one of them was answered
inline constexpr std::string_view unhealthy = "unhealthy";    // its health check fails
inline constexpr std::string_view healthy = "healthy";        // and succeeds again
}  // namespace backend

/// `rfc.call`: a function module is about to be called within an exchange, or was not allowed to
/// be. An allowed one is written before the back end sees a byte of it.
struct RfcCall {
    std::string_view exchange{};
    std::string_view tenant{};
    std::string_view client{};  // the cloud client
    std::string_view hub{};
    std::string_view location{};
    std::string_view virtual_host{};
    std::string_view internal_host{};
    std::uint64_t call = 0;           // its number in the exchange, from 1
    std::string_view function{};      // empty where none could be read
    std::string_view sap_client{};    // as whom the conversation logs on, or did
    std::string_view sap_user{};      //
    std::string_view rule{};          // that allowed it, "2:BAPI_*"; or "infrastructure"
    std::string_view decision{};      // "allowed" or "refused"
    std::string_view reason{};        // of a refusal
    std::string_view detail{};        // of a refusal, for people
    std::uint64_t request_bytes = 0;  // of a refused one, as far as it was read
};

/// `rfc.call_end`: how an allowed call ended; exactly one.
struct RfcCallEnd {
    std::string_view exchange{};
    std::optional<std::uint64_t> begin{};  // sequence of its rfc.call, if that was recorded
    std::uint64_t call = 0;
    std::string_view function{};
    std::string_view outcome{};  // one of audit::outcome, but neither refused nor lost
    std::string_view reason{};
    std::string_view result{};  // of an answered one: "success" or "exception"
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    std::chrono::microseconds duration{0};
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
    std::string_view categories{};  // docs/AUDIT.md#categories, with commas between
    std::string_view changes{};     // in words
    std::string_view retention{};   // "days=365", "for ever"
    std::string_view off_reason{};  // why the level is "off"
    std::string_view account{};     // the name of the user `who` on this machine
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

/// `ldap.operation`: what a client asked a directory for, within an exchange. Written before the
/// back end sees a byte of it.
struct LdapOperation {
    std::string_view exchange{};
    std::string_view tenant{};
    std::string_view client{};
    std::string_view user{};
    std::string_view virtual_host{};
    std::string_view operation{};       // "search", "modifyDN", ...
    std::uint32_t message_id = 0;       // the client's number for it
    std::string_view authentication{};  // of a bind: "simple", "anonymous", "sasl", "other"
    std::string_view bind_dn{};         // of a bind: the name as it was sent
    std::string_view mechanism{};       // of a SASL bind
    std::string_view oid{};             // of an extended request
    std::string_view bound_as{};        // as whom the back end knows the client when it comes
    std::string_view decision{};        // "allowed" or "refused"
    std::string_view reason{};          // why it was refused
};

/// `ldap.unseen`: from here on the bytes of the exchange pass without being looked at.
struct LdapUnseen {
    std::string_view exchange{};
    std::string_view tenant{};
    std::string_view client{};
    std::string_view user{};
    std::string_view virtual_host{};
    std::string_view bound_as{};
    std::string_view reason{};
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
    std::uint64_t lost = 0;     // so many exchange.end{lost} follow
    std::string_view origin{};  // name of this log in its checkpoints
    std::string_view vkey{};    // the key that signs them
    // Of the log that was put aside before this one began, because it was not as it was signed:
    std::string_view previous_generation{};  // its folder
    std::string_view previous_origin{};
    std::uint64_t previous_size = 0;   // records in its newest checkpoint
    std::string_view previous_root{};  // of that checkpoint
    std::string_view previous_vkey{};  // the key that signed it
    std::string_view broken{};         // what was wrong
    std::string_view retention{};
    std::string_view off_reason{};
};

/// `log.heartbeat`: there was nothing to record for a while.
struct LogHeartbeat {};

/// `log.key_changed`: the next checkpoint is signed with both keys, the ones after it with `new`.
struct LogKeyChanged {
    std::string_view before{};  // vkey
    std::string_view after{};
    std::string_view who{};
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

/// `log.watermark`: how full the file system of the log is became another matter.
struct LogWatermark {
    std::uint64_t percent = 0;  // the mark that is reached: 80, 90, 95; 0 = none any more
    std::uint64_t free_bytes = 0;
    std::string_view state{};      // "nearly_full", or empty
    std::uint64_t unrecorded = 0;  // exchanges that passed without a record while it was
};

/// `log.pruned`: the records before `first` are about to be deleted, or personal values of some.
struct LogPruned {
    std::uint64_t first = 0;
    std::string_view reason{};  // "age", "size", or empty: no record goes
    std::string_view policy{};  // "days=365 bytes=1000000"
    std::string_view who{};     // "policy" or "uid:0"
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
    std::uint64_t disclosures = 0;  // segments that stay without their personal values
    std::string_view untaken{};     // who had not got all of it: "forward siem, witness prod"
    std::string_view youngest{};    // RFC 3339: time of the youngest record that goes
};

/// `log.disk_full`: last words, written into what was reserved for them; the log has failed.
struct LogDiskFull {
    std::uint64_t free_bytes = 0;
    std::string_view on_failure{};
    std::string_view failure{};
};

/// `audit.erased`: what the log disclosed of somebody was erased. Log::erase writes it.
struct AuditErased {
    std::string_view subject_c{};  // commitment to whose; its salt has whoever asked for it
    std::string_view match{};      // "exact" or "pattern"
    std::string_view until{};      // RFC 3339: only what was recorded before
    std::uint64_t count = 0;       // values
    std::uint64_t segments = 0;    // that had any
    std::string_view reason{};
    std::string_view who{};
};

/// `log.closed`: the process ends in an orderly way.
struct LogClosed {};

/// `segment.sealed`: last record of a segment that another one follows.
struct SegmentSealed {
    std::uint64_t records = 0;  // of the segment, this one included
    std::string_view reason{};  // one of audit::sealed
};

/// Why a segment ended: `reason` of a SegmentSealed.
namespace sealed {
inline constexpr std::string_view size = "size";
inline constexpr std::string_view day = "day";        // a new day has begun, UTC
inline constexpr std::string_view repair = "repair";  // the log had failed
}  // namespace sealed

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
