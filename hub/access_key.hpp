#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "hub/access_token.hpp"
#include "hub/accounts.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace sallyport::hub {

/// "spk1." id "." secret: 8 hexadecimal digits, and 128 random bits as 22 characters of base64url.
/// Short, because libraries for RFC cut a route, with the names of its hosts, at 128 characters.
struct AccessKeyText {
    std::string id;
    Secret secret;
};

/// Errors: Errc::malformed; the detail repeats nothing of the text.
Result<AccessKeyText> read_access_key(std::string_view text);

struct NewAccessKey {
    std::string id;
    Secret text;
    std::string secret_hash;  // fast and salted: nobody guesses 128 random bits, however fast
};
NewAccessKey make_access_key();

/// Who asks with this key. Errors: Errc::unauthorized if nobody has such a key, so that somebody
/// guesses; Errc::denied if it is revoked or expired, or its client may not act any more. The
/// detail is for the log.
Result<std::shared_ptr<const Caller>> judge_access_key(std::string_view text,
                                                       const Accounts& accounts, certs::Time now);

/// Whose a key is that was refused so: nobody's if its secret was not shown.
CredentialOwner owner_of_key(std::string_view text, const Accounts& accounts, const Error& refused);

/// Whether this caller's key, where he came with one, leads to the virtual host `authority`,
/// "host:port". Errors: Errc::denied; the detail is for him, too.
Result<void> may_open(const Caller& caller, std::string_view authority, const Accounts& accounts);

/// Whether a stream that this caller has begun may go on: neither its key nor its client was shut
/// out since. What has only expired runs on. Errors: Errc::denied.
Result<void> may_go_on(const Caller& caller, const Accounts& accounts);

}  // namespace sallyport::hub
