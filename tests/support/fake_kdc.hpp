#pragma once

#include "agent/kerberos_tokens.hpp"
#include "base/error.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::test {

inline constexpr std::string_view kerberos_realm = "CORP.TEST";

inline std::string kerberos_section() {
    return "[kerberos]\nkeytab = \"/k\"\nprincipal = \"HTTP/agent@CORP.TEST\"\n";
}

/// Tickets without a KDC, for what is done with them: a token is its user, its service and a
/// number. What a real KDC and a real service say to it is tested with the programs.
class FakeKdc {
public:
    using Clock = agent::KerberosTickets::Clock;

    /// Called in each question, on the thread that asks.
    std::function<void()> on_question = [] {};
    std::chrono::seconds agent_lifetime = std::chrono::hours(1);
    std::chrono::seconds user_lifetime = std::chrono::hours(1);

    agent::KerberosTickets::World world() {
        return {.log_on = [this](const agent::KerberosAccount& account) { return log_on(account); },
                .now = [this] { return now(); }};
    }
    void advance(std::chrono::nanoseconds by) {
        const std::lock_guard lock(mutex_);
        now_ += by;
    }
    /// `realm` not empty: only users of that one fail.
    void fail_with(std::optional<Error> error, std::string realm = {}) {
        const std::lock_guard lock(mutex_);
        failure_ = std::move(error);
        failing_realm_ = std::move(realm);
    }
    /// The time of day runs ahead of the clock: what was given so far has ended.
    void end_tickets() { ++era_; }
    std::size_t log_ons() const { return log_ons_; }
    std::size_t impersonations() const { return impersonations_; }

    /// "jane" of "Negotiate jane@CORP.TEST>HTTP/web.test@CORP.TEST#7"; "" if it is none.
    static std::string user_in(std::string_view authorization) {
        constexpr std::string_view scheme = "Negotiate ";
        if (!authorization.starts_with(scheme)) return {};
        authorization.remove_prefix(scheme.size());
        return std::string(authorization.substr(0, authorization.find('@')));
    }

private:
    struct User final : agent::KerberosUser {
        User(FakeKdc& k, std::string n) : kdc(k), name(std::move(n)), made(k.now()), era(k.era_) {}
        Result<Token> token() const override {
            if (era != kdc.era_) return Error{agent::KerberosFault::failed, "the ticket has ended"};
            Token token;
            token.authorization = Secret("Negotiate " + name + "#" + std::to_string(++kdc.tokens_));
            token.lifetime =
                std::chrono::floor<std::chrono::seconds>(made + kdc.user_lifetime - kdc.now());
            return token;
        }
        FakeKdc& kdc;
        std::string name;
        Clock::time_point made;
        std::size_t era;
    };
    struct Agent final : agent::KerberosAgent {
        explicit Agent(FakeKdc& k) : kdc(k) {}
        std::chrono::seconds lifetime() const override { return kdc.agent_lifetime; }
        Result<agent::KerberosUserPtr> impersonate(const std::string& user,
                                                   const std::string& service) const override {
            ++kdc.impersonations_;
            kdc.on_question();
            if (const auto failure = kdc.failure(user)) return *failure;
            return std::make_shared<const User>(kdc, user + ">" + service);
        }
        FakeKdc& kdc;
    };

    Result<agent::KerberosAgentPtr> log_on(const agent::KerberosAccount& account) {
        ++log_ons_;
        if (const auto failed = failure(account.principal)) return *failed;
        return std::make_shared<const Agent>(*this);
    }
    Clock::time_point now() const {
        const std::lock_guard lock(mutex_);
        return now_;
    }
    std::optional<Error> failure(std::string_view name) const {
        const std::lock_guard lock(mutex_);
        return name.ends_with(failing_realm_) ? failure_ : std::nullopt;
    }

    mutable std::mutex mutex_;
    Clock::time_point now_{std::chrono::hours(1)};
    std::optional<Error> failure_;
    std::string failing_realm_;
    std::atomic<std::size_t> era_{0};
    std::atomic<std::size_t> log_ons_{0};
    std::atomic<std::size_t> impersonations_{0};
    std::atomic<std::size_t> tokens_{0};
};

}  // namespace sallyport::test
