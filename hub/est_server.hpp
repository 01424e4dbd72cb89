#pragma once

#include "base/result.hpp"
#include "certs/restored.hpp"
#include "certs/spiffe.hpp"
#include "hub/agent_revocation.hpp"
#include "hub/api.hpp"
#include "hub/authorities.hpp"
#include "hub/current.hpp"
#include "hub/external_authority.hpp"
#include "hub/hub_audit.hpp"
#include "hub/store.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::hub {

inline constexpr std::chrono::seconds agent_certificate_lifetime = std::chrono::days(30);

/// For an agent that was off while its certificate ran out.
inline constexpr std::chrono::seconds expired_grace_default = std::chrono::days(30);
inline constexpr std::chrono::seconds approval_retry_after{15};

/// Which certificates an administrator must let pass (`agent approve`). A renewal in time never
/// waits for anybody.
enum class ApprovalPolicy { never, expired, always };

/// Enrolment over Secure Transport (RFC 7030, RFC 8951): `/.well-known/est[/<label>]/cacerts`,
/// `.../simpleenroll` and `.../simplereenroll`. The label selects nothing: a join token says which
/// agent it is for. And `/.well-known/sallyport/bind`, for agents whose certificates come from an
/// authority of their tenant's (docs/PROTOCOL.md#external). Answers are one unbroken line of
/// base64, because some clients read nothing else.
class EstServer {
public:
    struct Settings {
        std::string hub_name;  // stands in the names of agents
        std::chrono::seconds certificate_lifetime = agent_certificate_lifetime;
        /// How long after its end a certificate still proves who asks for the next one.
        std::chrono::seconds expired_grace = expired_grace_default;
        ApprovalPolicy approval = ApprovalPolicy::never;
        /// Keeps that an agent came out of a backup, and lets the witness expect the log that
        /// follows. Blocks. Empty: nothing is kept.
        std::function<void(const AgentKey&, const certs::Restored&, TimePoint)> restored = {};
    };
    /// `store` and `audit` outlive it. `revocation`: null if there are no lists. `audit`: null if
    /// nothing is put on record.
    EstServer(Store& store, std::shared_ptr<const Current<Authorities>> authorities,
              Settings settings,
              std::shared_ptr<const Current<AgentRevocation>> revocation = nullptr,
              HubAudit* audit = nullptr);

    /// Whether the target is one of its own.
    static bool serves(std::string_view target);
    /// Blocks (database, signature): run it on the pool. Thread safe.
    ApiResponse handle(const ApiRequest& request, certs::Time now) const;

private:
    /// Whom a certificate is for, and what becomes of it.
    struct Request {
        AgentKey agent;
        std::string tenant_name;
        certs::PublicKey key;
        bool needs_approval = false;
        std::string_view what;  // for people
    };
    ApiResponse published() const;
    ApiResponse enrol(const ApiRequest& request, certs::Time now) const;
    ApiResponse reenrol(const ApiRequest& request, certs::Time now) const;
    /// A renewal that the store did not let pass; a copy of an agent's key raises the alarm.
    ApiResponse refuse_renewal(const Error& why, const ApiRequest& request,
                               const certs::AgentName& name, std::string_view serial,
                               TimePoint now) const;
    /// Binds the certificate of an external authority to an agent, by its fingerprint.
    ApiResponse bind(const ApiRequest& request, certs::Time now) const;
    ApiResponse bind_first(const ApiRequest& request, certs::Time now) const;
    ApiResponse bind_next(const ApiRequest& request, certs::Time now) const;
    Result<std::string> vouched(const std::string& tenant_id, const certs::Certificate& leaf,
                                std::span<const certs::Certificate> issuers, certs::Time at,
                                LeafEnd end = LeafEnd::counts) const;
    Result<JoinTokenEntry> join_token_of(const ApiRequest& request, TimePoint now) const;
    Result<certs::AgentName> renewing_agent(const ApiRequest& request, certs::Time now) const;
    /// The answer that puts the client off, or nothing: then it may have its certificate now.
    std::optional<ApiResponse> put_off(const Request& request, TimePoint now) const;
    /// A certificate, and what is to be recorded of it.
    struct Issued {
        certs::Certificate certificate;
        CertificateEntry entry;
    };
    Result<Issued> certify(const Request& request, certs::Time now) const;
    /// Whether a certificate could be put on record. Errors: Errc::unavailable.
    Result<void> may_issue() const;
    /// Before the agent gets it. Errors: Errc::unavailable.
    Result<void> put_on_record(const certs::Certificate& certificate, const CertificateEntry& entry,
                               std::uint64_t generation, std::string_view purpose,
                               std::string_view peer) const;
    void tell_refused(const AgentKey& agent, std::string_view serial, std::string_view peer,
                      const Error& why) const;

    Store& store_;
    std::shared_ptr<const Current<Authorities>> authorities_;
    Settings settings_;
    std::shared_ptr<const Current<AgentRevocation>> revocation_;
    HubAudit* audit_;
};

}  // namespace sallyport::hub
