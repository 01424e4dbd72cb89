#pragma once

#include "agent/kerberos.hpp"
#include "agent/kerberos_outages.hpp"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace sallyport::agent {

/// Who shall log on where, as whom.
struct KerberosOrder {
    KerberosAccount account;
    std::string user;     // "jane@CORP.EXAMPLE"
    std::string service;  // "HTTP/web.corp.example@CORP.EXAMPLE"

    bool operator==(const KerberosOrder&) const = default;
};

/// Where tokens come from. Thread safe; its calls are for the blocking pool.
class KerberosTokens {
public:
    virtual ~KerberosTokens() = default;
    /// Another token from tickets that are here already: asks nobody.
    /// Errors: Errc::not_found: there are none that work.
    virtual Result<Secret> at_hand(const KerberosOrder& order) = 0;
    /// The same, after asking a KDC where there is need. Errors: KerberosFault.
    virtual Result<Secret> obtain(const KerberosOrder& order) = 0;
    /// The service took no token of these tickets: others are asked for next time.
    virtual void refused(const KerberosOrder& order) = 0;
};

/// The tickets of this process: the agent's own, and those of its users, each in a cache of its
/// own, until shortly before their end. One for all workers, since all of them use one KDC.
class KerberosTickets final : public KerberosTokens {
public:
    /// Users and services; the one not used for longest is forgotten first.
    static constexpr std::size_t remembered_tickets_max = 2000;
    /// Before its end a ticket is not used any more: this, or a tenth of its life if that is less.
    static constexpr std::chrono::seconds reserve = std::chrono::seconds(60);
    /// For the tickets of a user whom a service refuses each time no KDC is asked more often.
    static constexpr std::chrono::seconds pause = std::chrono::seconds(2);

    using Clock = std::chrono::steady_clock;
    /// The world, so that tests have their own.
    struct World {
        std::function<Result<KerberosAgentPtr>(const KerberosAccount&)> log_on =
            KerberosAgent::log_on;
        std::function<Clock::time_point()> now = Clock::now;
    };

    KerberosTickets() : KerberosTickets(World()) {}
    explicit KerberosTickets(World world) : world_(std::move(world)) {}

    Result<Secret> at_hand(const KerberosOrder& order) override;
    Result<Secret> obtain(const KerberosOrder& order) override;
    void refused(const KerberosOrder& order) override;

private:
    struct User {
        std::string name;  // user and service
        KerberosUserPtr tickets;
        Clock::time_point made;
        Clock::time_point use_until;
    };
    using Users = std::list<User>;  // the last used first
    using Names = std::map<std::string_view, Users::iterator>;
    struct Obtained {
        KerberosUserPtr tickets;
        KerberosUser::Token token;
    };

    void use(const KerberosAccount& account);
    void drop(Names::iterator known);
    Result<Obtained> ask(const KerberosOrder& order, const std::string& realms);
    Result<KerberosAgentPtr> agent(const KerberosAccount& account, const std::string& realms);
    KerberosUserPtr find(const KerberosOrder& order);
    void forget(const KerberosOrder& order, const KerberosUserPtr& tickets);
    void keep(const KerberosOrder& order, KerberosUserPtr tickets, std::chrono::seconds lifetime);
    std::optional<Error> outage(const std::string& realms);
    void told(const std::string& realms, const std::optional<Error>& error);

    const World world_;
    std::mutex mutex_;         // never held while a KDC is asked
    KerberosAccount account_;  // whose everything below is
    KerberosAgentPtr agent_;
    Clock::time_point agent_until_{};
    Users users_;
    Names by_name_;
    KerberosOutages outages_;
};

}  // namespace sallyport::agent
