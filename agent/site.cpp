#include "agent/site.hpp"

#include "base/file.hpp"
#include "certs/sha256.hpp"
#include "net/tls_context.hpp"

namespace sallyport::agent {

Result<SitePtr> Site::load(const std::filesystem::path& file) {
    auto config = Config::load(file);
    if (!config) return config.error();
    auto site = std::make_shared<Site>();
    site->config = std::move(*config);

    auto table = mappings::Table::create(site->config.mappings);
    if (!table) return table.error();
    site->table = std::move(*table);

    std::vector<certs::Certificate> anchors;
    if (!site->config.trust_ca_file.empty()) {
        const auto pem = read_file(site->config.trust_ca_file);
        if (!pem) return Error{pem.error().code, "[trust] ca_file: " + pem.error().detail};
        auto read = certs::read_chain_pem(*pem);
        if (!read) return Error{read.error().code, "[trust] ca_file: " + read.error().detail};
        anchors = std::move(*read);
        site->trust_digest = to_hex(certs::sha256(as_bytes(*pem)));
    }
    auto providers = IdentityProviders::load(site->config.identity_providers, anchors);
    if (!providers) return providers.error();
    site->identity_providers = std::move(*providers);

    net::BackEndClientOptions options;
    options.anchors = anchors;
    auto trust = net::TlsContext::back_end_client(options);
    if (!trust) return trust.error();
    site->trust = std::move(*trust);
    if (auto read = site->read_principals(); !read) return read.error();
    return SitePtr(std::move(site));
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

}  // namespace sallyport::agent
