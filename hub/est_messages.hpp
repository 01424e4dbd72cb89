// What EST's operations have in common: how a request is read, and what an answer looks like.
#pragma once

#include "certs/certificate.hpp"
#include "certs/public_key.hpp"
#include "certs/restored.hpp"
#include "hub/api.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace sallyport::hub::est {

inline constexpr std::string_view issued_type = "application/pkcs7-mime; smime-type=certs-only";
inline constexpr std::string_view published_type = "application/pkcs7-mime";

/// The answer to a request that fails; what the client may not know goes to the log.
ApiResponse refusal(const Error& error);
/// The answer while the audit log has failed.
ApiResponse not_on_record(const Error& why);
ApiResponse certificates(std::span<const certs::Certificate> certificates,
                         std::string_view content_type);
/// The key of the request in the body, proven to be in the sender's hands.
Result<certs::PublicKey> requested_key(const ApiRequest& request);
/// What the agent says of the backup that it came out of; nothing if it does not. Errors:
/// Errc::malformed.
Result<std::optional<certs::Restored>> restored_of(const ApiRequest& request);

}  // namespace sallyport::hub::est
