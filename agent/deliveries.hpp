#pragma once

#include "agent/delivery_fault.hpp"
#include "agent/kerberos_logins.hpp"
#include "agent/principal_certificates.hpp"
#include "agent/principal_keys.hpp"
#include "agent/site.hpp"
#include "agent/token_source.hpp"
#include "certs/principal.hpp"
#include "net/loop.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::agent {

/// As whom the back end of a mapping shall see a caller: what policy says, before any key is
/// touched.
struct Appearance {
    /// Of [principal] subject or [kerberos] user; 0: the default, or none was needed.
    std::size_t rule = 0;
    certs::DistinguishedName subject{};  // of a user's certificate; else empty
    std::string kerberos_name{};         // "jane@CORP.EXAMPLE"; else empty
    /// For the audit record: "x509:CN=jane", "kerberos:jane@CORP.EXAMPLE", "technical:RFCUSER",
    /// "system", "" for nobody.
    std::string text{};
};

/// Pure. `principal` may be null: nobody asks.
/// Errors: DeliveryFault.
Result<Appearance> appearance_of(const Site& site, const mappings::Mapping& mapping,
                                 const certs::Principal* principal);

/// "client certificate of the connection", "header SSL_CLIENT_CERT": for people.
std::string delivery_text(const Site& site, const mappings::Mapping& mapping,
                          const certs::Principal* principal);
/// Of a mapping of kind kerberos, with its realm: "HTTP/web.corp@CORP.EXAMPLE".
std::string service_principal(const Site& site, const mappings::Mapping& mapping);

/// Who is logged on at back ends for the exchanges of one worker.
class Deliveries {
public:
    Deliveries(net::Loop& loop, net::BlockingPool& pool, KerberosShared kerberos = {})
        : loop_(loop), pool_(pool), kerberos_(loop, pool, std::move(kerberos)) {}

    /// Another site or other keys are in force. What did not change is kept.
    void use(const SitePtr& site, const PrincipalKeys& keys, const std::string& agent);

    /// What one exchange needs.
    struct Delivery {
        std::string text;                     // as in Appearance
        LoginPtr login;                       // null: nobody
        std::shared_ptr<TokenSource> tokens;  // not null: complete() finds the login
        std::optional<KerberosOrder> ticket;  // likewise
    };
    /// Without waiting. Errors: DeliveryFault.
    Result<Delivery> choose(const Site& site, const mappings::Mapping& mapping,
                            const certs::Principal* principal, certs::Time now);
    /// Waits for a token where there is need. Errors: those of TokenSource::login and
    /// KerberosLogins::login.
    net::Task<Result<void>> complete(Delivery& delivery, http::Answer& down);
    /// What the back end answered: a refused token is not shown again.
    void answered(const Delivery& delivery, int status);

    /// As PrincipalCertificates.
    void renew_system() { certificates_.renew_system(); }
    std::optional<certs::Certificate> issued_system() const {
        return certificates_.issued_system();
    }

private:
    struct Tokens {
        std::string digest;  // of what it was made of
        std::shared_ptr<TokenSource> source;
    };
    void use_tokens(const Site& site);

    net::Loop& loop_;
    net::BlockingPool& pool_;
    KerberosLogins kerberos_;
    PrincipalKeys keys_;
    std::string agent_;
    std::chrono::seconds validity_{0};
    PrincipalCertificates certificates_;
    std::map<std::filesystem::path, Tokens> tokens_;
};

}  // namespace sallyport::agent
