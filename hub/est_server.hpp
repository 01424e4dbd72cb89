#pragma once

#include "base/result.hpp"
#include "certs/authority.hpp"
#include "hub/api.hpp"
#include "hub/store.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace sallyport::hub {

inline constexpr std::chrono::seconds agent_certificate_lifetime = std::chrono::days(30);

/// Enrolment over Secure Transport (RFC 7030, RFC 8951): `/.well-known/est[/<label>]/cacerts` and
/// `.../simpleenroll`. The label selects nothing: a join token says which agent it is for. Answers
/// are one unbroken line of base64, because some clients read nothing else.
class EstServer {
public:
    struct Settings {
        std::string hub_name;  // stands in the names of agents
        std::chrono::seconds certificate_lifetime = agent_certificate_lifetime;
    };
    /// `store` and `authority` outlive it.
    EstServer(Store& store, const certs::Authority& authority, Settings settings);

    /// Whether the target is one of its own.
    static bool serves(std::string_view target);
    /// Blocks (database, signature): run it on the pool. Thread safe.
    ApiResponse handle(const ApiRequest& request, certs::Time now) const;

private:
    ApiResponse authorities() const;
    ApiResponse enrol(const ApiRequest& request, certs::Time now) const;
    Result<JoinTokenEntry> join_token_of(const ApiRequest& request, TimePoint now) const;
    Result<certs::Certificate> certify(const JoinTokenEntry& token, const certs::PublicKey& key,
                                       certs::Time now) const;

    Store& store_;
    const certs::Authority& authority_;
    Settings settings_;
};

}  // namespace sallyport::hub
