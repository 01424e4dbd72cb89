#pragma once

#include "base/result.hpp"
#include "certs/subject_variables.hpp"
#include "http/refusal.hpp"
#include "mappings/table.hpp"

#include <chrono>
#include <string_view>

namespace sallyport::agent {

/// The agent's name where an answer says whose fault it is (RFC 9209 section 2).
inline constexpr std::string_view culprit = "sallyport-agent";

/// When a caller may come again to a mapping in maintenance.
inline constexpr std::chrono::seconds maintenance_retry_after{60};

/// What the caller is told when policy says no.
http::Refusal refusal_of(const mappings::Decision& decision, const mappings::Access& access);

/// What the caller is told when the back end could not answer. The caller learns which mapping
/// failed and how, never an internal address.
http::Refusal refusal_of(const Error& error, std::string_view virtual_host);

/// What the caller is told about a token that `TokenFault` refused; 407.
http::Refusal principal_refused(certs::UserType type, const Error& error);
/// Tokens of a user and of an application in one request.
http::Refusal principal_ambiguous();
/// The mapping is not for nobody.
http::Refusal principal_required();
/// There were too many tokens to look at for the record alone; no caller is told.
http::Refusal principal_unchecked();
/// The keys that a token has to be checked with could not be fetched.
http::Refusal principal_keys_missing();

/// Whether policy, here or at a KDC, says no to the caller; else it is a failure to log on.
bool says_no(const Error& error);
/// Nobody is logged on at the back end: a DeliveryFault; or the technical user's token could not be
/// fetched, or there is no Kerberos ticket for the user: 403 if the KDC refused him, else 502.
http::Refusal login_failed(const Error& error, std::string_view virtual_host);

/// While the audit log cannot be written and policy is to block.
http::Refusal audit_unavailable();

/// The outcome word of the audit record for a failed exchange.
std::string_view outcome_of(const Error& error);

}  // namespace sallyport::agent
