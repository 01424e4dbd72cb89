#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What hub and agent tell each other on the control stream: one JSON object per line, `type` first
/// (docs/PROTOCOL.md#control-stream). Members that are not known are skipped, so that a later
/// version can say more. Pure.
namespace sallyport::tunnel {

inline constexpr std::size_t control_line_bytes_max = 64 * 1024;
inline constexpr std::size_t virtual_hosts_told_max = 1'000;
inline constexpr std::size_t authorities_told_max = 16;
/// A checkpoint of an audit log with its signature lines, and the signature lines of a witness.
inline constexpr std::size_t checkpoint_note_bytes_max = 16 * 1024;
inline constexpr std::size_t checkpoint_proof_hashes_max = 63;
inline constexpr std::size_t checkpoint_keys_max = 4;
inline constexpr std::uint64_t protocol_version = 1;

/// Agent to hub, first on every link.
struct Hello {
    std::uint64_t version = protocol_version;
    std::string program;   // "0.1.0"
    std::string location;  // empty: the default location
    std::uint64_t epoch = 0;
    std::string process;                     // random, one per process
    std::vector<std::string> virtual_hosts;  // what is exposed, for people
    /// Only proves that a certificate works: the link will carry nothing and be closed.
    bool trial = false;
    std::vector<std::string> authorities = {};  // key hashes of those the agent trusts
    std::uint64_t virtual_hosts_left_out = 0;   // exposed as well, but not told: see shorten()
    bool ready = false;                         // answers synthetic exchanges: tunnel/ready.hpp
    bool operator==(const Hello&) const = default;
};

/// Hub to agent: the link is taken in.
struct Welcome {
    std::uint64_t version = protocol_version;
    std::string program;
    std::uint64_t workers = 1;  // the agent should have a link to each
    std::string witness = {};   // the key that countersigns audit logs (vkey); empty: none
    std::chrono::milliseconds ready_interval{0};  // between synthetic exchanges; 0: it makes none
    bool operator==(const Welcome&) const = default;
};

/// Hub to agent: it is not, and dialling again at once will not help.
struct Refused {
    std::string code;  // "version", "not_granted", "conflict", "clone", "outdated"
    std::string text;  // for the agent's administrator
    bool operator==(const Refused&) const = default;
};

/// Either way: the sender's process goes away, and the next one will be there within that time.
struct Restarting {
    std::chrono::milliseconds within{0};
    bool operator==(const Restarting&) const = default;
};

/// Hub to agent, after the welcome and whenever it changes: which authorities it should trust, and
/// which one signs now. An agent that has others renews; it believes none of this, it asks.
struct Trust {
    std::vector<std::string> authorities;  // hashes of their keys, hexadecimal
    std::string issuer;                    // one of them
    bool operator==(const Trust&) const = default;
};

/// Agent to hub: somebody has connected to the agent's end of a service channel. The hub connects
/// to the service and opens a stream with that nonce, or says why not. The nonce is good once.
struct Open {
    std::string channel;
    std::string nonce;
    bool operator==(const Open&) const = default;
};

/// Hub to agent: there will be no stream.
struct OpenRefused {
    std::string nonce;
    std::string code;  // "not_granted", "unreachable", "limit", "restarting"
    bool operator==(const OpenRefused&) const = default;
};

/// Agent to hub: how far its audit log goes by now, to be countersigned. One at a time: the next
/// one follows the answer.
struct Checkpoint {
    std::string note;  // C2SP signed note
    std::uint64_t old_size = 0;
    std::vector<std::string> proof = {};  // that it goes on from `old_size`; base64
    std::vector<std::string> keys = {};   // of the log (vkeys), the newest last
    bool operator==(const Checkpoint&) const = default;
};

/// Hub to agent: it is kept, and countersigned.
struct Cosigned {
    std::uint64_t size = 0;
    std::string lines;    // the witness's signature lines, each with its end
    std::string witness;  // its key (vkey)
    bool operator==(const Cosigned&) const = default;
};

/// Hub to agent: it is not.
struct WitnessRefused {
    std::string code;  // "stale", "fork", "rollback", "unknown_key", "bad_proof", "limit", ...
    std::uint64_t size = 0;  // what the hub has countersigned last of this log
    std::string text;        // for the agent's administrator
    bool operator==(const WitnessRefused&) const = default;
};

/// Hub to agent: a synthetic exchange over this link has gone there and back.
struct Ready {
    std::chrono::microseconds round_trip{0};
    bool operator==(const Ready&) const = default;
};

/// A message of a later version.
struct Unknown {
    std::string type;
    bool operator==(const Unknown&) const = default;
};

using ControlMessage = std::variant<Hello, Welcome, Refused, Restarting, Trust, Open, OpenRefused,
                                    Checkpoint, Cosigned, WitnessRefused, Ready, Unknown>;

/// Leaves out the last virtual hosts that one control line has no room for, or that are more than
/// `virtual_hosts_told_max`, and counts them. They serve people only; a hello that is too long
/// would end the link.
void shorten(Hello& hello);

/// One line, with its end.
std::string encode(const ControlMessage& message);
/// `line` without its end. Errors: Errc::malformed, Errc::limit.
Result<ControlMessage> decode(std::string_view line);

}  // namespace sallyport::tunnel
