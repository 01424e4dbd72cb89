#include "agent/identity_providers.hpp"

#include "base/bytes.hpp"
#include "base/file.hpp"
#include "certs/sha256.hpp"
#include "net/tls_context.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

Error of_provider(const IdentityProviderConfig& config, const Error& error) {
    return {error.code, "identity_provider " + config.issuer + ": " + error.detail};
}

/// Two sources are the same if the same bytes come from the same place under the same trust.
std::string source_id(const KeyUrl& url, std::span<const certs::Certificate> anchors) {
    std::string trusted;
    for (const auto& anchor : anchors) trusted += anchor.to_pem();
    return url.text() + " " + to_hex(certs::sha256(as_bytes(trusted)));
}

Result<daemon::KeySource> make_source(const IdentityProviderConfig& config,
                                      std::span<const certs::Certificate> trust,
                                      std::shared_ptr<const certs::RevocationLists> revoked) {
    std::vector<certs::Certificate> own;
    if (!config.ca_file.empty()) {
        const auto pem = read_file(config.ca_file);
        if (!pem) return pem.error();
        auto read = certs::read_chain_pem(*pem);
        if (!read) return read.error();
        own = std::move(*read);
        trust = own;
    }
    auto context = net::TlsContext::back_end_client({.anchors = trust,
                                                     .revoked = std::move(revoked),
                                                     .own = {},
                                                     .alpn = {},
                                                     .peer_is = "the identity provider"});
    if (!context) return context.error();
    return daemon::KeySource{.id = source_id(*config.jwks_url, trust),
                             .host = config.jwks_url->host,
                             .port = config.jwks_url->port,
                             .target = config.jwks_url->target,
                             .authority = config.jwks_url->authority(),
                             .trust = std::move(*context)};
}

Result<certs::KeySet> read_keys(const std::filesystem::path& file) {
    const auto text = read_file(file, certs::key_set_bytes_max);
    if (!text) return text.error();
    auto keys = certs::KeySet::from_json(*text);
    if (!keys) return Error{keys.error().code, file.string() + ": " + keys.error().detail};
    return keys;
}

}  // namespace

Result<IdentityProviders> IdentityProviders::load(
    const std::vector<IdentityProviderConfig>& configs, std::span<const certs::Certificate> trust,
    std::shared_ptr<const certs::RevocationLists> revoked) {
    IdentityProviders all;
    for (const auto& config : configs) {
        IdentityProvider provider;
        provider.expected.issuers = {config.issuer};
        provider.expected.audiences = config.audiences;
        provider.expected.any_audience = config.any_audience;
        provider.expected.expiration_tolerance = config.expiration_tolerance;
        if (config.jwks_url) {
            auto source = make_source(config, trust, revoked);
            if (!source) return of_provider(config, source.error());
            provider.source = source->id;
            all.sources_.push_back(std::move(*source));
        } else {
            auto keys = read_keys(config.jwks_file);
            if (!keys) return of_provider(config, keys.error());
            provider.keys = std::move(*keys);
        }
        all.providers_.push_back(std::move(provider));
    }
    return all;
}

const IdentityProvider* IdentityProviders::find(std::string_view issuer) const {
    const auto found = std::ranges::find_if(providers_, [&](const IdentityProvider& provider) {
        return provider.expected.issuers.front() == issuer;
    });
    return found == providers_.end() ? nullptr : &*found;
}

}  // namespace sallyport::agent
