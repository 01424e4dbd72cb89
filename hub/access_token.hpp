#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/token.hpp"
#include "certs/token_memory.hpp"
#include "certs/token_seal.hpp"
#include "hub/accounts.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::hub {

inline constexpr std::chrono::seconds access_token_lifetime = std::chrono::hours(1);
/// Clients use a token exactly as long as they were told; so they are told a little less.
inline constexpr std::chrono::seconds access_token_reserve{30};
/// For how long after its end a token is still accepted: requests that were under way.
inline constexpr std::chrono::seconds access_token_leeway{60};
/// Of an exchanged token: clients send it in one header line, and many servers take 8 KiB of that.
inline constexpr std::size_t exchanged_token_bytes_max = std::size_t{7} * 1024;
/// What a user's token must still have left to be exchanged.
inline constexpr std::chrono::seconds user_token_left_min{60};
inline constexpr std::string_view jwt_bearer_grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The claim in which an exchanged token carries the user's, sealed.
inline constexpr std::string_view sealed_claim = "sallyport_user";
/// What a token must be meant for to be accepted by the proxies.
inline constexpr std::string_view connectivity_audience = "connectivity";

struct AccessToken {
    std::string text;
    std::string id;  // jti
    std::string scope;
    std::chrono::seconds expires_in;  // what the client is told
};

/// Makes the tokens of applications that act for themselves (RFC 6749 section 4.4).
class AccessTokenIssuer {
public:
    /// `issuer` is a URL whose host has a dot: some client libraries insist on it.
    /// A `lifetime` below ten minutes makes some of them fetch tokens in a loop.
    AccessTokenIssuer(certs::SigningKey key, std::string issuer,
                      std::chrono::seconds lifetime = access_token_lifetime);

    /// The caller has checked that `client` may act in `tenant`. Signs with RSA (about a
    /// millisecond).
    Result<AccessToken> issue(const Client& client, const Tenant& tenant, certs::Time now) const;

    /// For a client that acts on behalf of the user of `user_token` (RFC 7523 section 2.1). The
    /// user's token travels sealed inside; nothing it says is repeated outside, since it is not
    /// verified here. Not valid for longer than it.
    /// Errors: Errc::denied with what is wrong with it.
    Result<AccessToken> issue_for_user(const Client& client, const Tenant& tenant,
                                       std::string_view user_token, certs::Time now) const;

    const std::string& issuer() const { return issuer_; }
    const certs::SigningKey& key() const { return key_; }

private:
    certs::SigningKey key_;
    std::string issuer_;
    std::chrono::seconds lifetime_;
};

/// Who sent a request to a proxy: a client acting in a tenant.
struct Caller {
    std::string client_id;
    std::string tenant_id;
    std::string token_id;
    std::chrono::sys_seconds expires_at;
    std::string user_token{};  // that travelled in an exchanged token; the agent verifies it
    std::string access_key{};  // its id, where one, and no token, says who asks
    std::optional<std::string> location{};  // the only one that the key leads to
};

/// Whose a refused token or access key is, if its signature or secret is good: empty otherwise.
/// What an unverified one says of itself is nobody's.
struct CredentialOwner {
    std::string client_id{};
    std::string tenant_id{};
};

/// Judges the tokens that come with each request to a proxy, and remembers the valid ones, so that
/// a token costs one signature check and then a look-up without allocation. One per worker thread;
/// not thread safe.
class TokenVerifier {
public:
    struct Remembered {
        std::shared_ptr<const Caller> caller;
        std::uint64_t judged_with;  // Accounts::generation
    };
    /// A token ends in its signature, which is as good as random, and only valid tokens are in the
    /// table: its last bytes are hash enough for a text of a kilobyte, of which a digest would cost
    /// more than the rest of a request's look-ups together.
    struct TailHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            constexpr std::size_t tail = 24;
            if (text.size() > tail) text.remove_prefix(text.size() - tail);
            return std::hash<std::string_view>{}(text);
        }
    };
    using Memory = certs::TokenMemory<std::string, Remembered, TailHash>;

    TokenVerifier(certs::KeySet keys, std::string issuer, Memory::Limits limits = {});

    /// Exchanged tokens are accepted too: `seal` opens what they carry.
    void use(certs::TokenSeal seal) { seal_ = std::move(seal); }

    /// `proxy_authorization` is the value of that field, empty if there was none: `Bearer <token>`
    /// or `Basic base64("<token>:")`. What the accounts say about client and tenant counts at the
    /// time of the call, also for remembered tokens. The error's detail may be shown to the client.
    /// Errors: Errc::unauthorized (none given), Errc::malformed, certs::TokenFault (expired,
    /// signature, audience...), Errc::denied (client or tenant).
    Result<std::shared_ptr<const Caller>> verify(std::string_view proxy_authorization,
                                                 const Accounts& accounts, certs::Time now);
    /// The same for a token that stands alone (SOCKS5).
    Result<std::shared_ptr<const Caller>> verify_token(std::string_view token,
                                                       const Accounts& accounts, certs::Time now);

    /// Of the token that was judged last, if it was refused.
    const CredentialOwner& refused_owner() const { return refused_owner_; }
    const Memory& memory() const { return memory_; }

private:
    void remember(std::string_view credentials, const std::shared_ptr<const Caller>& caller,
                  std::uint64_t generation);
    Result<std::shared_ptr<const Caller>> judge_again(Remembered& entry, const Accounts& accounts);
    Result<std::shared_ptr<const Caller>> judge(std::string_view token, const Accounts& accounts,
                                                certs::Time now);
    Result<void> admit(const Caller& caller, const Accounts& accounts);

    certs::KeySet keys_;
    std::string issuer_;
    std::optional<certs::TokenSeal> seal_;
    Memory memory_;
    CredentialOwner refused_owner_;
};

}  // namespace sallyport::hub
