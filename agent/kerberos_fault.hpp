#pragma once

#include "agent/kerberos.hpp"
#include "http/refusal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// Pure: what an answer or failure of Kerberos means.
namespace kerberos {

/// What was being done when it failed.
enum class Step {
    log_on,   // the agent itself
    user,     // S4U2self
    service,  // S4U2proxy
};

/// `code` is of MIT krb5 or errno.
KerberosFault fault_of(std::int32_t code, Step step);
std::string text_of_code(std::int32_t code);

}  // namespace kerberos

/// Whether the KDC refused the user, and so the request: all else is a failure of the site.
bool is_refusal(KerberosFault fault);
bool is_refusal(const Error& error);
/// Nothing if the error is of another kind.
std::optional<KerberosFault> kerberos_fault(const Error& error);
/// What the caller is told: 403 for a refusal, else 502 and what an administrator must do.
http::Refusal refusal_of(KerberosFault fault, std::string_view virtual_host);

}  // namespace sallyport::agent
