#include "hub/access_key.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/secret_hash.hpp"
#include "hub/key_hosts.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

constexpr std::string_view version = "spk1.";
constexpr std::size_t id_bytes = 4;
constexpr std::size_t id_characters = 2 * id_bytes;
constexpr std::size_t secret_bytes = 16;
constexpr std::size_t secret_characters = 22;  // of base64url

bool is_id(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Error denied(const AccessKey& key, const std::string& why) {
    return {Errc::denied, "the access key " + key.id + why};
}

Result<void> may_act(std::string_view client_id, std::string_view tenant_id,
                     const Accounts& accounts) {
    const auto* client = accounts.find_client(client_id);
    if (client == nullptr) return Error{Errc::denied, "the hub no longer knows the client"};
    return accounts.may_act(*client, tenant_id);
}

}  // namespace

Result<AccessKeyText> read_access_key(std::string_view text) {
    const Error malformed{Errc::malformed, "this is no access key"};
    if (text.size() != version.size() + id_characters + 1 + secret_characters ||
        !text.starts_with(version))
        return malformed;
    text.remove_prefix(version.size());
    const auto id = text.substr(0, id_characters);
    const auto secret = text.substr(id_characters + 1);
    if (text[id_characters] != '.' || !is_id(id) || !from_base64url(secret)) return malformed;
    return AccessKeyText{std::string(id), Secret(std::string(secret))};
}

NewAccessKey make_access_key() {
    const auto id = to_hex(certs::random_bytes(id_bytes));
    const Secret secret(to_base64url(certs::random_bytes(secret_bytes)));
    std::string text(version);
    text.append(id).append(".").append(secret.reveal());
    return {id, Secret(std::move(text)), certs::hash_secret(secret.reveal())};
}

Result<std::shared_ptr<const Caller>> judge_access_key(std::string_view text,
                                                       const Accounts& accounts, certs::Time now) {
    const auto shown = read_access_key(text);
    if (!shown) return Error{Errc::unauthorized, shown.error().detail};
    const auto* key = accounts.find_access_key(shown->id);
    if (key == nullptr) return Error{Errc::unauthorized, "there is no access key " + shown->id};
    // The secret before all else: whoever has it not learns nothing of the key.
    if (!certs::verify_secret(shown->secret.reveal(), key->secret_hash))
        return Error{Errc::unauthorized, "the secret of the access key " + key->id + " is wrong"};
    if (key->revoked_at) return denied(*key, " was revoked");
    if (key->expires_at <= now) return denied(*key, " has expired");
    if (const auto allowed = may_act(key->client_id, key->tenant_id, accounts); !allowed)
        return allowed.error();
    return std::make_shared<const Caller>(Caller{.client_id = key->client_id,
                                                 .tenant_id = key->tenant_id,
                                                 .token_id = {},
                                                 .expires_at = key->expires_at,
                                                 .access_key = key->id,
                                                 .location = key->location});
}

CredentialOwner owner_of_key(std::string_view text, const Accounts& accounts,
                             const Error& refused) {
    if (refused.code != Errc::denied) return {};
    const auto shown = read_access_key(text);
    const auto* key = shown ? accounts.find_access_key(shown->id) : nullptr;
    if (key == nullptr) return {};
    return {.client_id = key->client_id, .tenant_id = key->tenant_id};
}

Result<void> may_open(const Caller& caller, std::string_view authority, const Accounts& accounts) {
    if (caller.access_key.empty()) return {};
    const auto* key = accounts.find_access_key(caller.access_key);
    if (key == nullptr) return Error{Errc::denied, "the access key is forgotten"};
    if (leads_to(key->hosts, authority)) return {};
    return denied(*key, " is not for the virtual host " + std::string(authority));
}

Result<void> may_go_on(const Caller& caller, const Accounts& accounts) {
    if (!caller.access_key.empty()) {
        const auto* key = accounts.find_access_key(caller.access_key);
        // An expired one is forgotten after a time, a revoked one too: both are long over.
        if (key == nullptr) return Error{Errc::denied, "the access key is forgotten"};
        if (key->revoked_at) return denied(*key, " was revoked");
    }
    return may_act(caller.client_id, caller.tenant_id, accounts);
}

}  // namespace sallyport::hub
