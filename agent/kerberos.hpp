#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace sallyport::agent {

/// Why there is no token: what an administrator has to look at.
enum class KerberosFault {
    keytab = 1,       // of the agent: missing, unreadable, without a key that the KDC takes
    account,          // the agent's own: unknown, locked, expired
    unreachable,      // no KDC answers
    clock,            // too far apart
    user_unknown,     // to the KDC
    user_refused,     // locked, expired, or not to be delegated
    service_unknown,  // to the KDC
    not_delegated,    // the agent may not act for users towards this service
    failed,           // anything else; the detail says what
};

const boost::system::error_category& kerberos_category();
inline boost::system::error_code make_error_code(KerberosFault fault) {
    return {static_cast<int>(fault), kerberos_category()};
}

/// As whom the agent logs on at the KDC.
struct KerberosAccount {
    std::filesystem::path keytab;
    std::string principal;  // "HTTP/agent.corp.example@CORP.EXAMPLE"

    bool operator==(const KerberosAccount&) const = default;
};

/// Where MIT krb5 finds its configuration; empty: as the system says. The library knows no other
/// way than an environment variable, which must not change while threads run: the first call in a
/// process decides. Later ones say whether they asked for the same.
bool use_krb5_conf(const std::filesystem::path& file);

/// Whether the keytab can be read and has a key of the principal, and the library works at all.
/// Reads files, asks no KDC. Errors: KerberosFault::keytab, failed; they say what to do.
Result<void> check_keytab(const KerberosAccount& account);

/// The KDCs of a realm that krb5.conf names, "host" or "host:port"; none: DNS has to know them.
/// Reads files.
std::vector<std::string> configured_kdcs(const std::string& realm);

/// What the agent holds to act as one user towards one service: a ticket of the user to the agent
/// (S4U2self), and with it one to the service (S4U2proxy). Thread safe.
class KerberosUser {
public:
    virtual ~KerberosUser() = default;

    struct Token {
        Secret authorization;  // "Negotiate ...": good for one request, the service keeps count
        std::chrono::seconds lifetime{0};  // of the tickets behind it
    };
    /// The first call asks a KDC for the ticket to the service; later ones only compute.
    /// Errors: KerberosFault.
    virtual Result<Token> token() const = 0;
};
using KerberosUserPtr = std::shared_ptr<const KerberosUser>;

/// The agent, logged on at its KDC. Thread safe. What works is made by log_on(); the interface lets
/// tests see which tickets are asked for.
class KerberosAgent {
public:
    virtual ~KerberosAgent() = default;

    /// Blocks while a KDC is asked. Everything stays in memory of its own; neither environment nor
    /// default caches are used. Errors: KerberosFault.
    static Result<std::shared_ptr<const KerberosAgent>> log_on(const KerberosAccount& account);

    virtual std::chrono::seconds lifetime() const = 0;  // as of log_on
    /// Both names are whole, "jane@CORP.EXAMPLE" and "HTTP/web.corp.example@CORP.EXAMPLE". The
    /// tickets have a cache of their own. Blocks while a KDC is asked. Errors: KerberosFault.
    virtual Result<KerberosUserPtr> impersonate(const std::string& user,
                                                const std::string& service) const = 0;
};
using KerberosAgentPtr = std::shared_ptr<const KerberosAgent>;

}  // namespace sallyport::agent

template <>
struct boost::system::is_error_code_enum<sallyport::agent::KerberosFault> : std::true_type {};
