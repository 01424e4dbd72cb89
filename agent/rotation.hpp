#pragma once

#include "agent/config.hpp"
#include "agent/est_client.hpp"
#include "certs/identity.hpp"
#include "certs/renewal.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"
#include "tunnel/control_message.hpp"
#include "tunnel/flow.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace sallyport::agent {

/// Keeps the agent's certificate fresh: at a random point in 50 to 66 % of its life it asks the hub
/// for the next one, by a new key, proves it by a trial link, and only then makes it the active
/// one. Whatever fails is tried again; the identity in use is not touched until its successor
/// works. Lives on the control loop.
class Rotation {
public:
    struct Wiring {
        net::Loop& loop;
        net::BlockingPool& pool;
        tunnel::MemoryBudget& budget;
        std::filesystem::path identity_folder;
        std::vector<HubConfig> hubs;
        /// Who makes the certificates of an agent that was enrolled that way; asked at each
        /// renewal, may be empty.
        std::function<std::optional<EnrolmentConfig>()> external = {};
        std::function<tunnel::Hello(const HubConfig&)> hello;
        /// The active identity on disk is another one now: use it, and move the links.
        std::function<void()> activated;
        // The world, so that tests have their own.
        std::function<certs::Moment()> now = certs::moment_now;
        std::function<double()> dice;
        std::chrono::milliseconds tick_max{1'000};  // between two looks at the clocks
    };

    /// For people and for readiness.
    struct Status {
        certs::Life life{};
        certs::Time next{};  // attempt
        std::string phase;   // "waiting", "renewing"
        std::uint32_t failures = 0;
        std::uint64_t renewals = 0;         // since the start of this process
        std::uint64_t failed_renewals = 0;  // likewise; never goes back
        std::string last_error;
        std::optional<std::chrono::seconds> skew;  // our clock less the hub's, once it told
        certs::RenewalHealth health = certs::RenewalHealth::good;
    };

    explicit Rotation(Wiring wiring);

    /// Until cancelled.
    net::Task<void> run();
    /// Does not wait for its time. Whoever wants to know the outcome looks at status().
    void renew_now();
    /// The identity on disk was changed by somebody else (an enrolment).
    void identity_changed();
    /// What the hub says about its authorities: others than ours, or another issuer, are a reason
    /// to renew soon. Said once about the same, so that a hub in disorder causes no storm.
    void hear(const tunnel::Trust& trust);
    Status status() const;

private:
    net::Task<Result<void>> attempt();
    net::Task<Result<certs::Identity>> obtain(certs::IdentityStore& store,
                                              const certs::Identity& active);
    net::Task<Result<std::vector<certs::Certificate>>> order_of_hub(
        const EstServerPlace& hub, const certs::Key& key,
        const std::vector<certs::Certificate>& anchors, const std::string& common_name);
    net::Task<Result<std::vector<certs::Certificate>>> order_elsewhere(
        const certs::Key& key, const certs::Identity& active, const std::string& common_name);
    net::Task<Result<void>> bind(certs::IdentityStore& store, const certs::Identity& active,
                                 const certs::Identity& candidate);
    net::Task<Result<void>> prove(certs::IdentityStore& store, const certs::Identity& candidate);
    void load();
    void note(const EstReply& reply);
    void note(std::optional<std::chrono::seconds> skew);
    net::Task<void> look_at_clock(const Error& error, const certs::Identity& active);
    Error explained(Error error) const;

    Wiring wiring_;
    net::Event wake_;
    std::optional<certs::Identity> identity_;
    std::optional<certs::RenewalSchedule> schedule_;
    std::optional<tunnel::Trust> heard_;
    std::optional<std::chrono::seconds> retry_after_;
    std::optional<std::chrono::seconds> skew_;
    std::string last_error_;
    std::uint64_t renewals_ = 0;
    std::uint64_t failed_renewals_ = 0;
    bool renewing_ = false;
};

/// Which hub renews the certificate: the one that it names, else the first. `hubs` is not empty.
const HubConfig& renewing_hub(const std::vector<HubConfig>& hubs, const certs::Identity& identity);

/// Whether the hub would give this identity other authorities, or have it signed by another one.
bool differs(const certs::Identity& identity, const tunnel::Trust& trust);

}  // namespace sallyport::agent
