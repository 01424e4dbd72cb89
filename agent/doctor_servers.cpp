// The servers beside hubs and back ends.
#include "agent/back_end_trust.hpp"
#include "agent/doctor.hpp"
#include "agent/kerberos.hpp"
#include "agent/kerberos_names.hpp"
#include "base/error.hpp"
#include "daemon/audit_checks.hpp"
#include "net/blocking_pool.hpp"
#include "net/tls_context.hpp"

namespace sallyport::agent {
namespace {

using daemon::Check;
using daemon::DialledServer;
using daemon::Finding;
using daemon::Judgement;

/// A server over TLS that nobody but the authorities of `trust` vouch for.
Check server_over_tls(DialledServer server, const TrustConfig& trust) {
    auto read = BackEndTrust::load(trust, std::chrono::system_clock::now());
    if (!read)
        return daemon::known(
            {{server.id + ".trust", server.title + ": whom to believe",
              Judgement::failed(read.error().detail, "Correct " + server.trust_place + ".")}});
    auto context = read->context({});
    if (context) server.trust = std::move(*context);
    server.anchors = std::move(read->anchors);
    return daemon::server_check(std::move(server));
}

std::string trust_text(const TrustConfig& trust) {
    if (!trust.ca_file.empty()) return "[trust] ca_file (" + trust.ca_file.string() + ")";
    if (!trust.ca_folder.empty()) return "[trust] ca_folder (" + trust.ca_folder.string() + ")";
    return "a file, and name it as [trust] ca_file";
}

DialledServer server_at(const daemon::HttpsUrl& url) {
    DialledServer server;
    server.address = {url.host, url.port};
    return server;
}

void add_est(const Config& config, std::vector<Check>& checks) {
    if (!config.enrolment) return;
    auto server = server_at(config.enrolment->est_url);
    server.id = "est";
    server.title = "EST server";
    server.where = "[enrolment] est_url";
    server.proxy = config.enrolment->proxy;
    server.trust_place = "[enrolment] ca_file (" + config.enrolment->ca_file.string() + ")";
    checks.push_back(
        server_over_tls(std::move(server),
                        {.ca_file = config.enrolment->ca_file, .ca_folder = {}, .crl_files = {}}));
}

void add_providers(const Config& config, std::vector<Check>& checks) {
    for (const auto& provider : config.identity_providers) {
        if (!provider.jwks_url) continue;
        auto server = server_at(*provider.jwks_url);
        server.id = "identity_provider." + provider.issuer;
        server.title = "keys of " + provider.issuer;
        server.where = "jwks_url of " + provider.issuer;
        auto trust = config.trust;
        if (!provider.ca_file.empty())
            trust = {.ca_file = provider.ca_file, .ca_folder = {}, .crl_files = {}};
        server.trust_place = provider.ca_file.empty()
                                 ? trust_text(trust)
                                 : "ca_file of it (" + provider.ca_file.string() + ")";
        checks.push_back(server_over_tls(std::move(server), trust));
    }
}

void add_token_servers(const Site& site, std::vector<Check>& checks) {
    for (const auto& [file, credentials] : site.technical) {
        if (!credentials->token_order) continue;
        const auto& url = credentials->token_order->url;
        auto server = server_at(url);
        server.id = "token_server." + url.host;
        server.title = "token server " + url.host;
        server.where = "token_url in " + file.string();
        server.trust_place = trust_text(site.config.trust);
        checks.push_back(server_over_tls(std::move(server), site.config.trust));
    }
}

std::vector<Finding> log_on_at_kdc(const KerberosAccount& account) {
    const auto logged_on = KerberosAgent::log_on(account);
    return {{"kerberos", "KDC",
             logged_on ? Judgement::good("it gives a ticket to " + account.principal)
                       : judge_kerberos(logged_on.error(), account)}};
}

}  // namespace

Judgement judge_kerberos(const Error& error, const KerberosAccount& account) {
    const auto seen = error.detail.empty() ? to_text(error) : error.detail;
    if (error.code == KerberosFault::keytab)
        return Judgement::failed(seen, "Make a new keytab for " + account.principal +
                                           " and put it at " + account.keytab.string() + ".");
    if (error.code == KerberosFault::account)
        return Judgement::failed(seen,
                                 "Have the domain's administrator unlock or make the "
                                 "account " +
                                     account.principal + ".");
    if (error.code == KerberosFault::unreachable)
        return Judgement::failed(seen, "Let this machine reach a KDC of " +
                                           std::string(realm_of(account.principal)) +
                                           " at port 88 (TCP and UDP), and name it in krb5.conf or "
                                           "DNS.");
    if (error.code == KerberosFault::clock)
        return Judgement::failed(seen,
                                 "timedatectl set-ntp true: the clocks may differ by 5 "
                                 "minutes.");
    return Judgement::failed(seen, "Look into the log of the KDC.");
}

std::vector<Check> server_checks(const Config& config, const SitePtr& site) {
    std::vector<Check> checks;
    add_est(config, checks);
    add_providers(config, checks);
    if (site) add_token_servers(*site, checks);
    if (config.kerberos)
        checks.push_back(daemon::blocking_check(
            "kerberos", "KDC",
            [account = config.kerberos->account] { return log_on_at_kdc(account); }));
    daemon::add_audit_checks(config.audit, checks);
    return checks;
}

}  // namespace sallyport::agent
