#pragma once

#include "http/refusal.hpp"
#include "http/service.hpp"
#include "hub/access_log.hpp"
#include "hub/access_token.hpp"
#include "hub/accounts.hpp"
#include "hub/client_limits.hpp"
#include "hub/exchange_id.hpp"
#include "hub/held_requests.hpp"
#include "hub/hub_audit.hpp"
#include "hub/local_links.hpp"
#include "hub/registry.hpp"
#include "hub/stream_handshake.hpp"
#include "hub/wrong_keys.hpp"
#include "net/idle_sweep.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace sallyport::hub {

/// A stream of bytes that a client wants, as its handshake told it.
struct StreamRequest {
    std::shared_ptr<const Caller> caller;  // of identify()
    std::string location{};
    std::string authority{};  // "virtual-host:port"
    std::string_view via{};   // which port, for the record; a literal
    std::string peer{};       // its address, likewise
};

/// What all workers share of access keys.
struct KeyWatch {
    WrongKeys wrong;
    /// From any thread; the id of a key that has opened a way, and was not used for a while.
    std::function<void(std::string)> used;
    HubAudit* audit = nullptr;  // where refused ones are put on record
};

/// START HERE: one request's way through the hub. The token says who asks and for which tenant, the
/// location which of its agents, and a link of that agent carries the request. Nothing is
/// remembered from one request of a connection to the next. One per worker.
class Ingress final : public http::Service {
public:
    struct Limits {
        HeldRequests::Limits held{};                     // waiting for a restarting agent
        std::chrono::milliseconds held_time_max{5'000};  // each of them
        AccessLevel access = AccessLevel::refused;
        ClientLimits::Settings client{};
    };
    Ingress(std::size_t worker, net::IdleSweep& sweep, Registry& registry, LocalLinks& links,
            TokenVerifier verifier, KeyWatch& keys, const Limits& limits,
            std::shared_ptr<const Accounts> accounts);

    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override {
        return serve_from({}, head, up, down);
    }
    /// The same for a client at this address, which must stay valid until it ends.
    net::Task<Result<void>> serve_from(std::string_view peer, const http::RequestHead& head,
                                       http::Body& up, http::Answer& down);

    /// Who asks, where a token or a key stands alone. Errors: as TokenVerifier::verify_token or
    /// judge_access_key.
    Result<std::shared_ptr<const Caller>> identify(Credential kind, std::string_view text);
    /// Whether a stream of this caller may still run. Errors: Errc::denied.
    Result<void> may_go_on(const Caller& caller) const;
    WrongKeys& wrong_keys() { return keys_.wrong; }
    AccessLog& access_log() { return access_; }
    /// That wait for an agent.
    std::size_t held_requests() const { return held_.requests(); }
    /// Of the token or key that was judged last, if it was refused.
    const CredentialOwner& refused_owner() const { return refused_owner_; }
    /// A token or a key that opens no way, for the audit log.
    void tell_refused(const audit::TokenRefused& refused);
    /// Writes its line, with an exchange id of its own.
    void note(RefusedHandshake refused);
    /// A stream of bytes, which begins with a 200 (docs/PROTOCOL.md#streams).
    net::Task<Result<void>> serve_stream(const StreamRequest& asked, http::Body& up,
                                         http::Answer& down);

    /// From the next request on.
    void use(std::shared_ptr<const Accounts> accounts) { accounts_ = std::move(accounts); }
    void use(const Limits& limits);

private:
    struct Wanted;
    struct Place;
    net::Task<Result<void>> admit(const Wanted& wanted, http::Answer& down);
    net::Task<Place> find_link(const Wanted& wanted, http::Answer& down);
    net::Task<Result<void>> forward(const Wanted& wanted, http::Body& up, http::Answer& down);

    std::size_t worker_;
    net::IdleSweep& sweep_;
    Registry& registry_;
    LocalLinks& links_;
    TokenVerifier verifier_;
    KeyWatch& keys_;
    ClientLimits client_limits_;
    Limits limits_;
    std::shared_ptr<const Accounts> accounts_;
    RandomBlock random_;
    AccessLog access_;
    HeldRequests held_;
    CredentialOwner refused_owner_;
};

}  // namespace sallyport::hub
