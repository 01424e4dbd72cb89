#include "hub/public_tls.hpp"

#include "base/file.hpp"
#include "base/secret_file.hpp"
#include "hub/external_authority.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

constexpr std::size_t key_pem_bytes_max = std::size_t{1024} * 1024;

}  // namespace

Result<PublicTls> make_public_tls(const Config& config, const HubState& state,
                                  const Authorities& authorities,
                                  std::shared_ptr<const Current<Accounts>> accounts,
                                  std::shared_ptr<const Current<AgentRevocation>> revocation) {
    std::vector<std::vector<certs::Certificate>> chains;
    std::vector<certs::Key> keys;
    chains.reserve(config.certificates.size());
    keys.reserve(config.certificates.size());
    net::HubServerOptions options;
    PublicTls made;
    for (const auto& named : config.certificates) {
        auto chain_pem = read_file(named.chain_file);
        if (!chain_pem) return chain_pem.error();
        auto chain = certs::read_chain_pem(*chain_pem);
        if (!chain)
            return Error{chain.error().code,
                         named.chain_file.string() + ": " + chain.error().detail};
        auto key_pem = read_secret_file(named.key_file, key_pem_bytes_max);
        if (!key_pem) return key_pem.error();
        auto key = certs::Key::from_pem(key_pem->reveal());
        if (!key)
            return Error{key.error().code, named.key_file.string() + ": " + key.error().detail};
        chains.push_back(std::move(*chain));
        keys.push_back(std::move(*key));
        options.named.push_back({named.names, {chains.back(), &keys.back()}});
        made.named.push_back({named.names.front(), chains.back().front()});
    }
    // The chain shows the CA too: an agent that enrols looks for the pinned key in it.
    std::vector<certs::Certificate> own = state.chain;
    const auto anchors = authorities.certificates();
    if (std::ranges::find(own, anchors.front()) == own.end()) own.push_back(anchors.front());
    options.own = {own, &state.key};
    options.client_anchors = anchors;
    options.expired_grace = config.expired_grace;
    options.revoked = [revocation] { return revocation->get()->own(); };
    options.external_authorities = [accounts, revocation](const certs::Certificate& leaf,
                                                          net::ExternalUse use) {
        const auto now = accounts->get();
        // Of an enrolment the request says whose agent it is, so there EstServer asks the lists.
        return use == net::ExternalUse::link
                   ? link_trust(*now, *revocation->get(), leaf)
                   : net::ExternalTrust{.anchors = enrolment_anchors(*now, leaf)};
    };
    options.is_denied = [accounts = std::move(accounts)](const certs::Certificate& certificate) {
        return accounts->get()->is_revoked(certificate.serial());
    };
    auto context = net::TlsContext::hub_server(options);
    if (!context) return context.error();
    made.context = std::move(*context);
    return made;
}

}  // namespace sallyport::hub
