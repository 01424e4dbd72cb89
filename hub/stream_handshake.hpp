#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::hub {

/// Why a client does not get its stream; each protocol has its own way to say it.
enum class StreamRefusal {
    failed,        // anything else
    not_exposed,   // the agent has no such mapping, or refuses
    not_his,       // the hub: what proves who asks is not for that host
    no_agent,      // none is attached at that location
    unreachable,   // the internal system does not answer the agent
    unauthorized,  // who asks is not known, or may not
    busy,          // too many at the moment
};

/// What proves who asks.
enum class Credential { access_token, access_key };

/// What a client of a stream port says before bytes flow. No I/O: fed with what has arrived, says
/// what is to be answered. In turn: read() until `identify`, judged(), read() until `connect`,
/// then granted() or refused().
class StreamHandshake {
public:
    enum class Step {
        needs_more,
        identify,  // credential() and location() are known
        connect,   // authority() is known, too
        refused,   // the last reply says so; the connection is to be closed
    };
    virtual ~StreamHandshake() = default;

    /// Reads on. `used` says how many of the bytes it needs no more; they are not shown again.
    virtual Step read(std::string_view bytes, std::size_t& used) = 0;
    /// What is to be sent now; empty if nothing.
    std::string take_reply() { return std::exchange(reply_, {}); }

    /// For the log; a literal.
    virtual std::string_view protocol() const = 0;
    virtual Credential credential_kind() const { return Credential::access_token; }
    /// After `identify`: what proves who asks.
    virtual std::string_view credential() const = 0;
    /// That the client has chosen; a key is bound to one, and leaves no choice.
    virtual std::string_view location() const = 0;
    /// Whether credential() was good; then read() goes on. If not there is a last reply.
    virtual void judged(bool good) = 0;
    /// After `connect`: "virtual-host:port".
    virtual std::string_view authority() const = 0;
    virtual void granted() = 0;
    virtual void refused(StreamRefusal why) = 0;
    /// After `refused` of read(): what was wrong with what the client said; for the log.
    virtual std::string_view fault() const = 0;

protected:
    std::string reply_;
};

}  // namespace sallyport::hub
