#include "certs/principal_authority.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/secret_hash.hpp"

#include <algorithm>

namespace sallyport::certs {
namespace {

constexpr std::size_t distinction_bytes = 4;

bool is_root(const Certificate& certificate) {
    return certificate.subject() == certificate.issuer();
}

bool is_reserved(const DistinguishedName& subject) {
    return std::ranges::any_of(subject.parts(), [](const DistinguishedName::Part& part) {
        return part.attribute == NameAttribute::organisational_unit &&
               equal_ignoring_case(part.value, PrincipalAuthority::system_unit);
    });
}

}  // namespace

PrincipalAuthority::PrincipalAuthority(Authority authority, std::vector<Certificate> issuers)
    : authority_(std::move(authority)), issuers_(std::move(issuers)) {}

Result<PrincipalAuthority> PrincipalAuthority::open(const std::filesystem::path& file, Time now) {
    auto kept = read_key_file(file);
    if (!kept && kept.error().code == Errc::not_found) {
        const auto fresh = create(now);
        if (!fresh) return fresh.error();
        const auto created = create_key_file(file, *fresh);
        if (!created && created.error().code != Errc::conflict) return created.error();
        kept = read_key_file(file);  // perhaps somebody else's, who was faster
    }
    if (!kept) return kept.error();
    auto authority = made_of(std::move(*kept));
    if (!authority)
        return Error{authority.error().code, file.string() + ": " + authority.error().detail};
    return authority;
}

Result<KeyAndChain> PrincipalAuthority::create(Time now) {
    // Back ends find an issuer by its name: no two agents may share one.
    const auto name = "Sallyport principals " + to_hex(random_bytes(distinction_bytes));
    auto made = Authority::create(name, now);
    if (!made) return made.error();
    return KeyAndChain{made->key(), {made->certificate()}};
}

Result<PrincipalAuthority> PrincipalAuthority::of(KeyAndChain content, Time now) {
    if (!content.chain.empty() && content.chain.front().not_after() <= now)
        return Error{Errc::malformed,
                     "the authority " + content.chain.front().subject() + " has ended"};
    return made_of(std::move(content));
}

Result<PrincipalAuthority> PrincipalAuthority::made_of(KeyAndChain content) {
    if (content.chain.empty()) return Error{Errc::malformed, "a certificate is missing"};
    const auto& own = content.chain.front();
    std::vector<Certificate> issuers;
    std::ranges::copy_if(content.chain, std::back_inserter(issuers),
                         [](const Certificate& one) { return !is_root(one); });
    auto authority = Authority::of(own, std::move(content.key));
    if (!authority) return authority.error();
    return PrincipalAuthority(std::move(*authority), std::move(issuers));
}

Result<KeyAndChain> PrincipalAuthority::issue(const DistinguishedName& subject,
                                              std::chrono::seconds validity, Time now) const {
    if (is_reserved(subject))
        return Error{Errc::denied,
                     "OU=" + std::string(system_unit) +
                         " is the agent's own and no user's: change the subject rule"};
    return sign(subject, validity, now);
}

Result<KeyAndChain> PrincipalAuthority::issue_system(std::string_view agent, Time now) const {
    DistinguishedName subject;
    if (auto added = subject.add(NameAttribute::common_name, agent); !added) return added.error();
    if (auto added = subject.add(NameAttribute::organisational_unit, system_unit); !added)
        return added.error();
    return sign(subject, system_validity, now);
}

Result<KeyAndChain> PrincipalAuthority::sign(const DistinguishedName& subject,
                                             std::chrono::seconds validity, Time now) const {
    auto key = Key::generate(KeyKind::p256);
    if (!key) return key.error();
    auto certificate = authority_.issue_principal(key->public_key(), subject, validity, now);
    if (!certificate) return Error{Errc::unavailable, certificate.error().detail};
    std::vector<Certificate> chain{std::move(*certificate)};
    chain.insert(chain.end(), issuers_.begin(), issuers_.end());
    return KeyAndChain{std::move(*key), std::move(chain)};
}

}  // namespace sallyport::certs
