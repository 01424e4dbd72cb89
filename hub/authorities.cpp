#include "hub/authorities.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "hub/authority_change.hpp"
#include "hub/state.hpp"

namespace sallyport::hub {

std::vector<certs::Certificate> Authorities::certificates() const {
    std::vector<certs::Certificate> all{current.certificate()};
    if (next) all.push_back(next->certificate());
    return all;
}

tunnel::Trust Authorities::trust() const {
    tunnel::Trust trust{.authorities = {}, .issuer = key_hash_text(issuing().certificate())};
    for (const auto& certificate : certificates())
        trust.authorities.push_back(key_hash_text(certificate));
    return trust;
}

Result<Authorities> load_authorities(const std::filesystem::path& folder,
                                     const std::vector<AuthorityEntry>& entries) {
    const auto* current = find_role(entries, AuthorityRole::current);
    if (current == nullptr)
        return Error{Errc::failed, "the hub's database names no current authority"};
    auto authority = load_authority(folder, current->number);
    if (!authority) return authority.error();
    Authorities all{.current = std::move(*authority)};
    const auto* next = find_role(entries, AuthorityRole::next);
    if (next == nullptr) return all;
    auto following = load_authority(folder, next->number);
    if (!following) return following.error();
    all.next = std::move(*following);
    all.next_issues = next->issues;
    return all;
}

std::string key_hash_text(const certs::Certificate& authority) {
    return to_hex(authority.public_key_hash());
}

}  // namespace sallyport::hub
