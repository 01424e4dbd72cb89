#pragma once

#include "agent/kerberos_tokens.hpp"
#include "agent/login.hpp"
#include "http/service.hpp"
#include "net/blocking_lane.hpp"
#include "net/loop.hpp"

#include <chrono>
#include <memory>

namespace sallyport::agent {

/// What all workers have in common for Kerberos.
struct KerberosShared {
    std::shared_ptr<KerberosTokens> tokens;
    std::shared_ptr<net::BlockingLane> lane;  // for what may have to wait for a KDC
};

/// The Kerberos logins of one worker: each is for one exchange, and so for one connection.
class KerberosLogins {
public:
    /// A KDC that has not answered until then does not.
    static constexpr std::chrono::seconds ticket_time_max{10};

    KerberosLogins(net::Loop& loop, net::BlockingPool& pool, KerberosShared shared,
                   std::chrono::milliseconds patience = ticket_time_max)
        : loop_(loop), pool_(pool), shared_(std::move(shared)), patience_(patience) {}

    /// A login with a token of its own. Tokens from tickets at hand are computed on the pool;
    /// whoever needs a KDC waits in the lane, and keeps nobody else waiting. What is asked for when
    /// the caller leaves or the time is over goes on unheard.
    /// Errors: KerberosFault, Errc::aborted, Errc::limit.
    net::Task<Result<LoginPtr>> login(const KerberosOrder& order, http::Answer& down);
    /// The back end refused what it was shown (401).
    void refused(const KerberosOrder& order);
    /// For an exchange on behalf of nobody: it shows nothing, not even the client's own.
    const LoginPtr& nobody() const { return nobody_; }

private:
    net::Task<Result<Secret>> token(const KerberosOrder& order);

    net::Loop& loop_;
    net::BlockingPool& pool_;
    KerberosShared shared_;
    std::chrono::milliseconds patience_;
    LoginPtr nobody_ = [] {
        auto login = std::make_shared<Login>();
        login->drops_authorization = true;
        return login;
    }();
};

}  // namespace sallyport::agent
