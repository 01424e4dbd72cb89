#include "agent/kerberos_tokens.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

std::string name_of(const KerberosOrder& order) {
    return order.user + '\n' + order.service;  // no name has a line break
}

std::chrono::seconds usable(std::chrono::seconds lifetime) {
    return lifetime - std::min(KerberosTickets::reserve, lifetime / 10);
}

}  // namespace

Result<Secret> KerberosTickets::at_hand(const KerberosOrder& order) {
    const auto tickets = find(order);
    if (tickets == nullptr) return Error{Errc::not_found, "no ticket is at hand"};
    auto token = tickets->token();
    if (!token) return token.error();
    return std::move(token->authorization);
}

Result<Secret> KerberosTickets::obtain(const KerberosOrder& order) {
    // Another exchange of the same user may have been first.
    if (auto token = at_hand(order); token || token.error().code != Errc::not_found) return token;
    if (auto failure = recent_failure()) return *failure;
    const auto own = agent(order.account);
    if (!own) return failed(own.error());
    auto tickets = (*own)->impersonate(order.user, order.service);
    if (!tickets) return failed(tickets.error());
    auto token = (*tickets)->token();
    if (!token) return failed(token.error());
    keep(order, std::move(*tickets), token->lifetime);
    return std::move(token->authorization);
}

void KerberosTickets::refused(const KerberosOrder& order) {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name_of(order));
    if (found == by_name_.end() || world_.now() < found->second->made + pause) return;
    const auto entry = found->second;
    by_name_.erase(found);  // before the text that it looks at
    users_.erase(entry);
}

/// Under the lock. Tickets of another account are of no use.
void KerberosTickets::use(const KerberosAccount& account) {
    if (account == account_) return;
    account_ = account;
    agent_.reset();
    by_name_.clear();
    users_.clear();
    failure_.reset();
}

KerberosUserPtr KerberosTickets::find(const KerberosOrder& order) {
    const std::lock_guard lock(mutex_);
    use(order.account);
    const auto found = by_name_.find(name_of(order));
    if (found == by_name_.end() || world_.now() >= found->second->use_until) return nullptr;
    users_.splice(users_.begin(), users_, found->second);
    return users_.front().tickets;
}

Result<KerberosAgentPtr> KerberosTickets::agent(const KerberosAccount& account) {
    {
        const std::lock_guard lock(mutex_);
        if (account == account_ && agent_ != nullptr && world_.now() < agent_until_) return agent_;
    }
    auto agent = world_.log_on(account);
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
    failure_.reset();
    auto name = name_of(order);
    if (const auto known = by_name_.find(name); known != by_name_.end()) {
        const auto old = known->second;
        by_name_.erase(known);
        users_.erase(old);
    }
    if (users_.size() >= remembered_tickets_max) {
        by_name_.erase(users_.back().name);
        users_.pop_back();
    }
    const auto now = world_.now();
    users_.push_front({std::move(name), std::move(tickets), now, now + usable(lifetime)});
    by_name_.emplace(users_.front().name, users_.begin());
}

std::optional<Error> KerberosTickets::recent_failure() {
    const std::lock_guard lock(mutex_);
    return failure_ && world_.now() < failed_until_ ? failure_ : std::nullopt;
}

Error KerberosTickets::failed(Error error) {
    const std::lock_guard lock(mutex_);
    if (error.code == KerberosFault::unreachable) {
        failure_ = error;
        failed_until_ = world_.now() + pause;
    }
    // What the KDC says about the agent may be about a ticket that it no longer takes.
    if (error.code == KerberosFault::failed || error.code == KerberosFault::account) agent_.reset();
    return error;
}

}  // namespace sallyport::agent
