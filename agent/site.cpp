#include "agent/site.hpp"

#include "agent/back_end_trust.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/secret_file.hpp"
#include "certs/sha256.hpp"
#include "daemon/configured_witnesses.hpp"
#include "daemon/forward_config.hpp"
#include "mappings/exposure.hpp"
#include "net/tls_context.hpp"

#include <algorithm>
#include <iterator>

namespace sallyport::agent {
namespace {

/// Of what is in force: the files, and what overrides them.
std::string digest_of(const std::string& files, const Overrides& overrides) {
    if (overrides.empty()) return files;
    return to_hex(certs::sha256(as_bytes(files + overrides.effect())));
}

std::string pin_key(const mappings::Mapping& mapping, std::size_t host) {
    return mapping.virtual_host.text() + " " + std::to_string(host);
}

}  // namespace

Result<SitePtr> Site::load(const std::filesystem::path& file) {
    auto config = Config::load(file);
    if (!config) return config.error();
    return make(std::move(*config));
}

Result<SitePtr> Site::in_force(const std::filesystem::path& file) {
    auto config = Config::load(file);
    if (!config) return config.error();
    return in_force(std::move(*config));
}

Result<SitePtr> Site::in_force(Config config) {
    auto site = make(std::move(config));
    if (!site) return site;
    auto overrides = Overrides::load((*site)->config.overrides_file());
    if (!overrides) return overrides.error();
    return (*site)->with(std::move(*overrides));
}

Result<SitePtr> Site::with(Overrides changed) const {
    auto site = std::make_shared<Site>(*this);
    site->overrides = std::move(changed);
    site->config.mappings = site->overrides.applied_to(written);
    site->config.digest = digest_of(site->config.files_digest, site->overrides);
    auto made = mappings::Table::create(site->config.mappings);
    if (!made) return made.error();
    site->table = std::move(*made);
    return SitePtr(std::move(site));
}

Result<SitePtr> Site::make(Config config) {
    auto site = std::make_shared<Site>();
    site->config = std::move(config);
    site->written = site->config.mappings;

    auto table = mappings::Table::create(site->config.mappings);
    if (!table) return table.error();
    site->table = std::move(*table);

    auto trust = BackEndTrust::load(site->config.trust, std::chrono::system_clock::now());
    if (!trust) return trust.error();
    std::ranges::copy(trust->warnings, std::back_inserter(site->config.warnings));
    if (auto made = site->make_contexts(*trust); !made) return made.error();
    auto providers =
        IdentityProviders::load(site->config.identity_providers, trust->anchors, trust->revoked);
    if (!providers) return providers.error();
    site->identity_providers = std::move(*providers);

    std::ranges::move(daemon::forwarder_warnings(site->config.audit.forwarders),
                      std::back_inserter(site->config.warnings));
    std::ranges::move(daemon::witness_warnings(site->config.audit.witnesses),
                      std::back_inserter(site->config.warnings));
    if (auto read = site->read_principals(); !read) return read.error();
    if (auto read = site->read_kerberos(); !read) return read.error();
    if (auto read = site->read_ssh(); !read) return read.error();
    return SitePtr(std::move(site));
}

std::vector<std::string> all_warnings(const Site& site) {
    std::vector<std::string> warnings;
    if (site.last_good)
        warnings = daemon::warnings_of(*site.last_good,
                                       "not exposed, since the broken configuration says less");
    std::ranges::copy(site.config.warnings, std::back_inserter(warnings));
    for (const auto& [name, one] : site.overrides.all())
        if (std::ranges::find(site.table.mappings(), name, &mappings::Mapping::virtual_text) ==
            site.table.mappings().end())
            warnings.push_back("an override (" + one.text() + ") is for " + name +
                               ", which is not mapped; clear it: sallyport mappings clear " + name);
    std::ranges::move(
        mappings::exposure_warnings(site.table.mappings(), std::chrono::system_clock::now()),
        std::back_inserter(warnings));
    return warnings;
}

Result<void> Site::make_contexts(const BackEndTrust& from) {
    auto common = from.context({});
    if (!common) return common.error();
    trust = std::move(*common);
    trust_digest = from.digest;
    for (const auto& mapping : config.mappings) {
        for (std::size_t host = 0; host < mapping.host_count(); ++host) {
            if (mapping.pins_of(host).empty()) continue;
            auto own = from.context(mapping.pins_of(host));
            if (!own) return own.error();
            pinned.emplace(pin_key(mapping, host), std::move(*own));
        }
    }
    return {};
}

const std::shared_ptr<const net::TlsContext>& Site::trust_of(const mappings::Mapping& mapping,
                                                             std::size_t host) const {
    const auto own = pinned.find(pin_key(mapping, host));
    return own != pinned.end() ? own->second : trust;
}

Result<void> Site::read_principals() {
    auto rules = certs::SubjectRules::create(config.subject);
    if (!rules) return Error{rules.error().code, "[principal] subject: " + rules.error().detail};
    subjects = std::move(*rules);
    for (const auto& mapping : config.mappings) {
        const auto& file = mapping.principal.credentials_file;
        if (file.empty() || technical.contains(file)) continue;
        auto credentials = TechnicalCredentials::load(file);
        if (!credentials)
            return Error{credentials.error().code,
                         "mapping " + mapping.virtual_host.text() +
                             ": credentials_file: " + credentials.error().detail};
        technical.emplace(file, std::move(*credentials));
    }
    return {};
}

Result<void> Site::read_kerberos() {
    use_krb5_conf(config.kerberos ? config.kerberos->krb5_conf : std::filesystem::path());
    if (!config.kerberos) return {};
    const auto& [account, krb5_conf, user] = *config.kerberos;
    auto users = KerberosUsers::create(user, realm_of(account.principal));
    if (!users) return Error{users.error().code, "[kerberos] user: " + users.error().detail};
    kerberos_users = std::move(*users);
    if (const auto safe = check_secret_file(account.keytab); !safe)
        return Error{KerberosFault::keytab, "[kerberos] keytab: " + safe.error().detail};
    if (const auto good = check_keytab(account); !good)
        return Error{good.error().code, "[kerberos] keytab " + account.keytab.string() +
                                            ": no key of " + account.principal +
                                            " can be read: " + good.error().detail};
    return {};
}

}  // namespace sallyport::agent
