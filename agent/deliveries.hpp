#pragma once

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
    std::size_t rule = 0;  // of [principal] subject; 0: the default, or none was needed
    certs::DistinguishedName subject{};  // of a user's certificate; else empty
    /// For the audit record: "x509:CN=jane", "technical:RFCUSER", "system", "" for nobody.
    std::string text{};
};

/// Pure. `principal` may be null: nobody asks.
/// Errors: Errc::denied: a principal is required and there is none, or no subject can be made.
Result<Appearance> appearance_of(const Site& site, const mappings::Mapping& mapping,
                                 const certs::Principal* principal);

/// "client certificate of the connection", "header SSL_CLIENT_CERT": for people.
std::string delivery_text(const mappings::Mapping& mapping, const certs::Principal* principal);

/// Who is logged on at back ends for the exchanges of one worker.
class Deliveries {
public:
    Deliveries(net::Loop& loop, net::BlockingPool& pool) : loop_(loop), pool_(pool) {}

    /// Another site or other keys are in force. What did not change is kept.
    void use(const SitePtr& site, const PrincipalKeys& keys, const std::string& agent);

    /// What one exchange needs.
    struct Delivery {
        std::string text;                     // as in Appearance
        LoginPtr login;                       // null: nobody
        std::shared_ptr<TokenSource> tokens;  // not null: complete() finds the login
    };
    /// Without waiting. Errors: as appearance_of, and those of PrincipalAuthority::issue.
    Result<Delivery> choose(const Site& site, const mappings::Mapping& mapping,
                            const certs::Principal* principal, certs::Time now);
    /// Waits for a token where there is need. Errors: those of TokenSource::login.
    static net::Task<Result<void>> complete(Delivery& delivery, http::Answer& down);
    /// What the back end answered: a refused token is not shown again.
    static void answered(const Delivery& delivery, int status);

    std::uint64_t certificates_issued() const { return certificates_.issued(); }
    /// As PrincipalCertificates::issued_system.
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
    PrincipalKeys keys_;
    std::string agent_;
    std::chrono::seconds validity_{0};
    PrincipalCertificates certificates_;
    std::map<std::filesystem::path, Tokens> tokens_;
};

}  // namespace sallyport::agent
