#include "agent/kerberos_tokens.hpp"

#include "agent/kerberos_names.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

std::string name_of(const KerberosOrder& order) {
    return order.user + '\n' + order.service;  // no name has a line break
}

/// Whose KDCs have a say.
std::string realms_of(std::string_view user, std::string_view service) {
    return std::string(realm_of(user)) + '\n' + std::string(realm_of(service));
}

std::chrono::seconds usable(std::chrono::seconds lifetime) {
    return lifetime - std::min(KerberosTickets::reserve, lifetime / 10);
}

}  // namespace

Result<Secret> KerberosTickets::at_hand(const KerberosOrder& order) {
    const auto tickets = find(order);
    if (tickets == nullptr) return Error{Errc::not_found, "no ticket is at hand"};
    auto token = tickets->token();
    if (token) return std::move(token->authorization);
    // They worked once. They end by the time of day, which may have run faster than our clock
    // (a machine that slept, a clock that was set); whatever it is, others may work.
    forget(order, tickets);
    return Error{Errc::not_found, "the ticket at hand does not work: " + token.error().detail};
}

Result<Secret> KerberosTickets::obtain(const KerberosOrder& order) {
    // Another exchange of the same user may have been first.
    if (auto token = at_hand(order); token) return token;
    const auto realms = realms_of(order.user, order.service);
    if (auto silence = outage(realms)) return *silence;
    auto obtained = ask(order, realms);
    told(realms, obtained ? std::nullopt : std::optional(obtained.error()));
    if (!obtained) return obtained.error();
    keep(order, std::move(obtained->tickets), obtained->token.lifetime);
    return std::move(obtained->token.authorization);
}

Result<KerberosTickets::Obtained> KerberosTickets::ask(const KerberosOrder& order,
                                                       const std::string& realms) {
    const auto own = agent(order.account, realms);
    if (!own) return own.error();
    auto tickets = (*own)->impersonate(order.user, order.service);
    if (!tickets) return tickets.error();
    auto token = (*tickets)->token();
    if (!token) return token.error();
    return Obtained{std::move(*tickets), std::move(*token)};
}

void KerberosTickets::refused(const KerberosOrder& order) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name_of(order));
    if (found == by_name_.end() || world_.now() < found->second->made + pause) return;
    drop(found);
}

/// Under the lock.
void KerberosTickets::drop(Names::iterator known) {
    const auto entry = known->second;
    by_name_.erase(known);  // before the text that it looks at
    users_.erase(entry);
}

/// Under the lock. Tickets of another account are of no use.
void KerberosTickets::use(const KerberosAccount& account) {
    if (account == account_) return;
    account_ = account;
    agent_.reset();
    by_name_.clear();
    users_.clear();
    outages_.clear();
}

KerberosUserPtr KerberosTickets::find(const KerberosOrder& order) {
    const std::lock_guard lock(mutex_);
    use(order.account);
    const auto found = by_name_.find(name_of(order));
    if (found == by_name_.end() || world_.now() >= found->second->use_until) return nullptr;
    users_.splice(users_.begin(), users_, found->second);
    return users_.front().tickets;
}

void KerberosTickets::forget(const KerberosOrder& order, const KerberosUserPtr& tickets) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name_of(order));
    if (found != by_name_.end() && found->second->tickets == tickets) drop(found);
}

/// The agent's own ticket, for what is asked in `realms`.
Result<KerberosAgentPtr> KerberosTickets::agent(const KerberosAccount& account,
                                                const std::string& realms) {
    {
        const std::lock_guard lock(mutex_);
        if (account == account_ && agent_ != nullptr && world_.now() < agent_until_) return agent_;
    }
    const auto own_realm = realms_of(account.principal, account.principal);
    const bool is_other = own_realm != realms;  // else whoever calls asks and tells
    if (is_other)
        if (auto silence = outage(own_realm)) return *silence;
    auto agent = world_.log_on(account);
    if (is_other) told(own_realm, agent ? std::nullopt : std::optional(agent.error()));
    if (!agent) return agent.error();
    const std::lock_guard lock(mutex_);
    if (account == account_) {
        agent_ = *agent;
        agent_until_ = world_.now() + usable(agent_->lifetime());
    }
    return std::move(*agent);
}

void KerberosTickets::keep(const KerberosOrder& order, KerberosUserPtr tickets,
                           std::chrono::seconds lifetime) {
    const std::lock_guard lock(mutex_);
    if (order.account != account_) return;
    auto name = name_of(order);
    if (const auto known = by_name_.find(name); known != by_name_.end()) drop(known);
    if (users_.size() >= remembered_tickets_max) {
        by_name_.erase(users_.back().name);
        users_.pop_back();
    }
    const auto now = world_.now();
    users_.push_front({std::move(name), std::move(tickets), now, now + usable(lifetime)});
    by_name_.emplace(users_.front().name, users_.begin());
}

std::optional<Error> KerberosTickets::outage(const std::string& realms) {
    const std::lock_guard lock(mutex_);
    return outages_.ask(realms, world_.now());
}

/// How it went with the KDCs of these realms.
void KerberosTickets::told(const std::string& realms, const std::optional<Error>& error) {
    const std::lock_guard lock(mutex_);
    if (error && error->code == KerberosFault::unreachable)
        outages_.silent(realms, *error, world_.now());
    else
        outages_.heard(realms);
    // What the KDC says about the agent may be about a ticket that it no longer takes.
    if (error && (error->code == KerberosFault::failed || error->code == KerberosFault::account))
        agent_.reset();
}

}  // namespace sallyport::agent
