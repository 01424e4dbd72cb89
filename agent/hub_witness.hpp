#pragma once

#include "agent/witness_pins.hpp"
#include "daemon/witness_runner.hpp"
#include "tunnel/control_message.hpp"

#include <functional>
#include <optional>
#include <string>

namespace sallyport::agent {

/// One hub as a witness of our audit log, over whichever link is up. Everything on one loop's
/// thread.
class HubWitness {
public:
    static constexpr std::chrono::seconds interval{10};
    static constexpr std::chrono::seconds answer_time{30};

    struct Wiring {
        net::Loop& loop;
        net::BlockingPool& pool;
        audit::Log& log;
        WitnessPins& pins;
        std::string hub;                                // its name in the configuration
        std::function<void(tunnel::Checkpoint)> offer;  // unsent() if no link takes it
    };
    explicit HubWitness(Wiring wiring);

    const std::string& hub() const { return wiring_.hub; }
    net::Task<void> run() { return runner_.run(); }
    void wake(audit::Haste haste) { runner_.wake(haste); }
    /// As ConfiguredWitnesses::press().
    bool press(std::uint64_t size) { return runner_.press(size); }

    /// What the hub says: a welcome, or an answer.
    void hear(const tunnel::ControlMessage& message);
    /// No link took the offer.
    void unsent();
    /// The administrator believes `key`, if the hub has shown it last; returns the one before.
    /// Errors: Errc::not_found if it has shown none, Errc::conflict if another one; Errc::malformed
    /// for the key of no witness; those of the file.
    Result<std::string> trust(std::string_view key);

    boost::json::object status() const { return runner_.status(); }

private:
    net::Task<daemon::WitnessReply> ask(audit::Unwitnessed offer);
    void hear_key(const std::string& key);
    std::optional<tlog::VerifierKey> key() const;

    Wiring wiring_;
    std::string shown_;  // the key that the hub has shown last
    net::Event answered_;
    std::optional<daemon::WitnessReply> answer_;
    daemon::WitnessRunner runner_;
};

}  // namespace sallyport::agent
