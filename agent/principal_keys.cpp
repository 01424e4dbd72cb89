#include "agent/principal_keys.hpp"

#include "base/error.hpp"
#include "certs/identity.hpp"
#include "certs/spiffe.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::agent {

bool shows_certificates(const mappings::Mapping& mapping) {
    return mapping.principal.kind == mappings::PrincipalKind::x509 || mapping.system_certificate;
}

std::string agent_name_of(const Config& config) {
    constexpr auto unknown = "sallyport";
    const auto store = certs::IdentityStore::open(config.identity_folder());
    if (!store) return unknown;
    const auto identity = store->load_active();
    if (!identity) return unknown;
    const auto name = identity->name();
    return name ? name->agent() : unknown;
}

std::filesystem::path PrincipalKeys::authority_file(const Config& config) {
    return config.state_dir / "principal-ca.pem";
}

std::filesystem::path PrincipalKeys::system_file(const Config& config) {
    return config.state_dir / "system-certificate.pem";
}

std::filesystem::path PrincipalKeys::pending_file(const Config& config, std::string_view kind) {
    return config.state_dir / (std::string(kind) + ".pending.pem");
}

std::filesystem::path PrincipalKeys::next_authority_file(const Config& config) {
    return config.state_dir / "principal-ca.next.pem";
}

Result<PrincipalKeys> PrincipalKeys::load(const Config& config, certs::Time now) {
    PrincipalKeys keys;
    if (std::ranges::none_of(config.mappings, shows_certificates)) return keys;
    auto imported = certs::read_key_file(system_file(config));
    if (imported)
        keys.system = std::make_shared<const certs::KeyAndChain>(std::move(*imported));
    else if (imported.error().code != Errc::not_found)
        return Error{imported.error().code, "system certificate: " + imported.error().detail};
    auto authority = certs::PrincipalAuthority::open(authority_file(config), now);
    if (!authority)
        return Error{authority.error().code, "principal authority: " + authority.error().detail};
    keys.authority = std::make_shared<const certs::PrincipalAuthority>(std::move(*authority));
    return keys;
}

bool PrincipalKeys::is_same(const PrincipalKeys& other) const {
    const auto same = [](const auto& a, const auto& b, auto&& shown) {
        if (a == nullptr || b == nullptr) return a == b;
        return shown(*a) == shown(*b);
    };
    // All that peers see, and with it the keys: a certificate fits one key only.
    return same(authority, other.authority,
                [](const certs::PrincipalAuthority& one) {
                    return std::pair(one.certificate(), one.issuers());
                }) &&
           same(system, other.system, [](const certs::KeyAndChain& one) { return one.chain; });
}

}  // namespace sallyport::agent
