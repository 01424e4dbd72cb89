#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/distinguished_name.hpp"
#include "certs/key.hpp"
#include "certs/public_key.hpp"
#include "certs/spiffe.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::certs {

inline constexpr std::chrono::seconds lifetime_min = std::chrono::minutes(1);
inline constexpr std::chrono::seconds lifetime_max = std::chrono::days(366);
/// Certificates begin this much before they are made, for agents whose clock is late.
inline constexpr std::chrono::seconds back_dating = std::chrono::minutes(5);

struct ServerNames {
    std::vector<std::string> dns_names;  // "*." may lead
    std::vector<std::string> addresses;  // IPv4 or IPv6
};

/// A certification authority of our own. The hub's says which agent holds a key, and that a key is
/// the hub's; an agent's says as whom back ends see a user. It decides every field of what it
/// signs; a request contributes its public key only.
class Authority {
public:
    /// A new P-256 root for ten years, path length 0, key usage keyCertSign and cRLSign only.
    static Result<Authority> create(std::string_view name, Time now);
    /// Errors: also if key and certificate do not belong together, or it is not an authority.
    static Result<Authority> load(std::string_view certificate_pem, std::string_view key_pem);

    /// The same from what was read already.
    static Result<Authority> of(Certificate certificate, Key key);

    /// clientAuth, SAN URI `name`. Not longer than the authority itself lives.
    Result<Certificate> issue_agent(const PublicKey& key, const AgentName& name,
                                    std::chrono::seconds lifetime, Time now) const;
    /// serverAuth, at least one name.
    Result<Certificate> issue_server(const PublicKey& key, const ServerNames& names,
                                     std::chrono::seconds lifetime, Time now) const;
    /// clientAuth, no name but the subject: a user, as a back end shall see him.
    Result<Certificate> issue_principal(const PublicKey& key, const DistinguishedName& subject,
                                        std::chrono::seconds lifetime, Time now) const;

    const Certificate& certificate() const { return certificate_; }
    const Key& key() const { return key_; }

private:
    Authority(Certificate certificate, Key key);

    Certificate certificate_;
    Key key_;
};

}  // namespace sallyport::certs
