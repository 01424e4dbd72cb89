#include "certs/token.hpp"

#include "certs/jose.hpp"
#include "certs/key_set.hpp"
#include "certs/token_claims.hpp"
#include "certs/token_parse.hpp"

namespace sallyport::certs {
namespace {

struct TokenCategory final : boost::system::error_category {
    const char* name() const noexcept override { return "sallyport.token"; }
    std::string message(int fault) const override {
        switch (static_cast<TokenFault>(fault)) {
            case TokenFault::malformed:
                return "malformed token";
            case TokenFault::algorithm:
                return "algorithm not accepted";
            case TokenFault::key:
                return "unknown key";
            case TokenFault::signature:
                return "wrong signature";
            case TokenFault::expired:
                return "expired";
            case TokenFault::not_yet_valid:
                return "not yet valid";
            case TokenFault::issuer:
                return "issuer not accepted";
            case TokenFault::audience:
                return "other audience";
            case TokenFault::user_type:
                return "other kind of user";
        }
        return "unknown error";
    }
};

/// The key that made the signature, among those the token may mean.
Result<void> check_signature(std::string_view token, const ParsedToken& parsed,
                             const std::vector<VerificationKey>& keys) {
    const auto named = find_keys(keys, parsed.key_id);
    if (named.empty())
        return Error{TokenFault::key, parsed.key_id ? "token: no key with its key id is known"
                                                    : "token: it names none of several keys"};
    bool fits = false;
    for (const auto* key : named) {
        if (!key->fits(*parsed.algorithm)) continue;
        fits = true;
        // cjose 0.6.2.1 cuts an ECDSA signature of any length in halves, and so takes one with a
        // byte too many: one token would have several spellings.
        if (parsed.signature_bytes != key->signature_bytes()) continue;
        if (jose_verify(token, *key->jose)) return {};
    }
    if (!fits) return Error{TokenFault::algorithm, "token: its algorithm does not fit the key"};
    return Error{TokenFault::signature, "token: the signature is wrong"};
}

}  // namespace

const boost::system::error_category& token_category() {
    static const TokenCategory instance;
    return instance;
}

Result<VerifiedToken> verify(std::string_view token, const KeySet& keys,
                             const Expectations& expected) {
    auto parsed = parse_token(token);
    if (!parsed) return parsed.error();
    return verify(token, std::move(*parsed), keys, expected);
}

Result<VerifiedToken> verify(std::string_view token, ParsedToken parsed, const KeySet& keys,
                             const Expectations& expected) {
    if (auto right = check_signature(token, parsed, keys.parts_->keys); !right)
        return right.error();
    const auto times = check_claims(parsed.claims, expected);
    if (!times) return times.error();
    VerifiedToken verified;
    verified.claims_ = std::move(parsed.claims);
    verified.expires_at_ = times->expires_at;
    verified.issued_at_ = times->issued_at;
    verified.algorithm_ = parsed.algorithm->name;
    verified.key_id_ = parsed.key_id.value_or("");
    return verified;
}

std::optional<std::string_view> VerifiedToken::text(std::string_view claim) const {
    const auto* value = claims_.if_contains(claim);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string_view(value->get_string());
}

std::vector<std::string_view> VerifiedToken::texts(std::string_view claim) const {
    if (const auto single = text(claim)) return {*single};
    const auto* value = claims_.if_contains(claim);
    if (value == nullptr || !value->is_array()) return {};
    std::vector<std::string_view> all;
    for (const auto& element : value->get_array()) {
        if (!element.is_string()) return {};
        all.emplace_back(element.get_string());
    }
    return all;
}

}  // namespace sallyport::certs
