#include "base/error.hpp"
#include "certs/token_parse.hpp"
#include "hub/access_token.hpp"
#include "hub/api.hpp"

namespace sallyport::hub {
namespace {

using Verdict = Result<std::shared_ptr<const Caller>>;
using certs::TokenFault;

/// The certs folder says precisely what is wrong; this says what the client can do.
Error explained(const Error& error) {
    const auto with = [&](const char* text) { return Error{error.code, text}; };
    if (error.code == TokenFault::expired)
        return with("the token has expired: ask the hub's token service for a new one");
    if (error.code == TokenFault::not_yet_valid)
        return with("the token is not valid yet: compare the clocks");
    if (error.code == TokenFault::audience)
        return with("the token is not meant for connectivity: use one of a connectivity client");
    if (error.code == TokenFault::key || error.code == TokenFault::signature ||
        error.code == TokenFault::issuer || error.code == TokenFault::algorithm)
        return with("the token was not issued by this hub: ask its token service for one");
    return with("the token cannot be read");
}

/// Of a token that was refused for what it says, after its signature was found good.
CredentialOwner owner_of(std::string_view token, const Error& refused) {
    const bool is_signed = refused.code == TokenFault::expired ||
                           refused.code == TokenFault::not_yet_valid ||
                           refused.code == TokenFault::audience;
    const auto parsed = is_signed ? certs::parse_token(token) : Error{Errc::denied, {}};
    if (!parsed) return {};
    const auto text = [&](std::string_view claim) {
        const auto* value = parsed->claims.if_contains(claim);
        return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                      : std::string();
    };
    return {.client_id = text("cid"), .tenant_id = text("zid")};
}

Result<void> may_act(const Caller& caller, const Accounts& accounts) {
    const auto* client = accounts.find_client(caller.client_id);
    if (client == nullptr) return Error{Errc::denied, "the hub no longer knows the token's client"};
    return accounts.may_act(*client, caller.tenant_id);
}

}  // namespace

TokenVerifier::TokenVerifier(certs::KeySet keys, std::string issuer, Memory::Limits limits)
    : keys_(std::move(keys)), issuer_(std::move(issuer)), memory_(limits) {}

Verdict TokenVerifier::verify(std::string_view proxy_authorization, const Accounts& accounts,
                              certs::Time now) {
    refused_owner_ = {};
    if (const auto token = after_scheme(proxy_authorization, "Bearer"))
        return verify_token(*token, accounts, now);

    const auto encoded = after_scheme(proxy_authorization, "Basic");
    if (!encoded)
        return Error{proxy_authorization.empty() ? Errc::unauthorized : Errc::malformed,
                     "send Proxy-Authorization: Bearer with a token of the hub's token service"};
    // A token has dots and base64 has none: the two forms cannot be taken for each other.
    if (auto* known = memory_.find(*encoded, now)) return judge_again(*known, accounts);

    auto basic = parse_basic(proxy_authorization);
    if (!basic) return basic.error();
    if (!(*basic)->password.empty())
        return Error{Errc::malformed,
                     "Proxy-Authorization: Basic takes the token as the user "
                     "name and an empty password"};
    auto verdict = judge((*basic)->user, accounts, now);
    if (verdict) remember(*encoded, *verdict, accounts.generation);
    return verdict;
}

Verdict TokenVerifier::verify_token(std::string_view token, const Accounts& accounts,
                                    certs::Time now) {
    refused_owner_ = {};
    if (auto* known = memory_.find(token, now)) return judge_again(*known, accounts);
    auto verdict = judge(token, accounts, now);
    if (verdict) remember(token, *verdict, accounts.generation);
    return verdict;
}

Verdict TokenVerifier::judge_again(Remembered& entry, const Accounts& accounts) {
    if (entry.judged_with != accounts.generation) {
        if (const auto allowed = admit(*entry.caller, accounts); !allowed) return allowed.error();
        entry.judged_with = accounts.generation;
    }
    return entry.caller;
}

Result<void> TokenVerifier::admit(const Caller& caller, const Accounts& accounts) {
    auto allowed = may_act(caller, accounts);
    if (!allowed) refused_owner_ = {caller.client_id, caller.tenant_id};
    return allowed;
}

Verdict TokenVerifier::judge(std::string_view token, const Accounts& accounts, certs::Time now) {
    const auto verified = certs::verify(token, keys_,
                                        {.issuers = {issuer_},
                                         .audiences = {std::string(connectivity_audience)},
                                         .now = now,
                                         .leeway = access_token_leeway});
    if (!verified) {
        refused_owner_ = owner_of(token, verified.error());
        return explained(verified.error());
    }
    const auto client = verified->text("cid");
    const auto tenant = verified->text("zid");
    if (!client || !tenant) return Error{Errc::malformed, "the token names no client or no tenant"};
    auto caller =
        std::make_shared<Caller>(Caller{.client_id = std::string(*client),
                                        .tenant_id = std::string(*tenant),
                                        .token_id = std::string(verified->text("jti").value_or("")),
                                        .expires_at = verified->expires_at()});
    if (const auto sealed = verified->text(sealed_claim)) {
        auto user_token = seal_ ? seal_->open(*sealed) : Error{Errc::unsupported, {}};
        if (!user_token)
            return Error{certs::make_error_code(TokenFault::malformed),
                         "the user's token inside cannot be opened: exchange it anew"};
        caller->user_token = std::move(*user_token);
    }
    if (const auto allowed = admit(*caller, accounts); !allowed) return allowed.error();
    return std::shared_ptr<const Caller>(std::move(caller));
}

void TokenVerifier::remember(std::string_view credentials,
                             const std::shared_ptr<const Caller>& caller,
                             std::uint64_t generation) {
    const auto bytes = credentials.size() + sizeof(Caller) + caller->client_id.capacity() +
                       caller->tenant_id.capacity() + caller->token_id.capacity() +
                       caller->user_token.capacity();
    memory_.keep(std::string(credentials), {caller, generation}, bytes,
                 caller->expires_at + access_token_leeway);
}

}  // namespace sallyport::hub
