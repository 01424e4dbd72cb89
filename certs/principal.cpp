#include "certs/principal.hpp"

#include "base/bytes.hpp"
#include "certs/sha256.hpp"
#include "certs/strict_json.hpp"
#include "certs/token.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sallyport::certs {
namespace {

namespace json = boost::json;

std::string_view text_of(const json::object& claims, std::string_view name) {
    const auto* value = claims.if_contains(name);
    if (value == nullptr || !value->is_string()) return {};
    return value->get_string();
}

/// No text can be read as another one, whatever the parts contain.
std::string identity(UserType type, std::string_view issuer, std::string_view subject) {
    std::string whole(to_text(type));
    for (const auto part : {issuer, subject})
        whole += ':' + std::to_string(part.size()) + ':' + std::string(part);
    return to_hex(sha256(as_bytes(whole)));
}

Result<std::shared_ptr<Principal>> make(UserType type, const json::object& claims) {
    const auto subject = text_of(claims, "sub");
    if (subject.empty())
        return Error{TokenFault::malformed, "token: it does not say whom it speaks of (no sub)"};
    if (user_type_of(claims) != type)
        return Error{TokenFault::user_type,
                     type == UserType::technical
                         ? "token: it is a user's; only an application's own token can stand here"
                         : "token: it is an application's own, not a user's"};
    auto principal = std::make_shared<Principal>();
    principal->type = type;
    principal->issuer = text_of(claims, "iss");
    principal->subject = subject;
    principal->id = identity(type, principal->issuer, subject);
    const auto names = SubjectVariables(type, claims).values("name");
    principal->name = names.empty() ? std::string(subject) : names.front();
    principal->claims = claims;
    return principal;
}

}  // namespace

std::size_t Principal::bytes() const {
    return sizeof *this + issuer.capacity() + subject.capacity() + id.capacity() + name.capacity() +
           bytes_of(claims);
}

UserType user_type_of(const json::object& claims) {
    // What only a person has; no application's token carries any of these.
    constexpr std::array<std::string_view, 6> personal = {"user_name", "user_id",    "user_uuid",
                                                          "email",     "given_name", "family_name"};
    const bool is_personal =
        std::ranges::any_of(personal, [&](auto name) { return claims.contains(name); });
    if (is_personal) return UserType::business;
    if (text_of(claims, "grant_type") == "client_credentials") return UserType::technical;
    if (text_of(claims, "idtyp") == "app") return UserType::technical;
    // RFC 9068 section 2.2: without a user the subject is the client.
    const auto subject = text_of(claims, "sub");
    constexpr std::array<std::string_view, 3> client = {"client_id", "cid", "azp"};
    const bool is_client =
        std::ranges::any_of(client, [&](auto name) { return text_of(claims, name) == subject; });
    return is_client ? UserType::technical : UserType::business;
}

Result<PrincipalPtr> principal_of(UserType type, const VerifiedToken& token) {
    auto made = make(type, token.claims());
    if (!made) return made.error();
    (*made)->expires_at = token.expires_at();
    return PrincipalPtr(std::move(*made));
}

Result<PrincipalPtr> principal_of(UserType type, const json::object& claims) {
    auto made = make(type, claims);
    if (!made) return made.error();
    (*made)->expires_at = std::chrono::sys_seconds::max();
    return PrincipalPtr(std::move(*made));
}

}  // namespace sallyport::certs
