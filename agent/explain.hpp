// Which mapping and rule would let a request through, and as whom the back end would see its user:
// nothing is connected to. The command `explain` asks the files, `POST /v1/explain` what is in
// force.
#pragma once

#include "agent/claims_file.hpp"
#include "agent/command_context.hpp"
#include "agent/explain_rfc.hpp"
#include "agent/site.hpp"
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// What is asked.
struct Question {
    std::string method;       // "GET"; "CONNECT" of a stream, "LDAP", "RFC"
    std::string url;          // "http://host:port/path", or "host:port" of a stream
    std::string operation{};  // of LDAP
    bool upgrade = false;     // to WebSocket
    RfcQuestion rfc{};
    std::optional<SampleClaims> claims{};  // of a user; none: nothing is asked about users
};

/// {"allowed", "mapping", "internal", "rule", "path", "reason", ...}, and the same in words.
/// Errors: Errc::malformed with what to ask instead.
Result<CommandOutput> explain(const Site& site, const Question& question, certs::Time now);

/// The body of `POST /v1/explain`: {"method", "url", "upgrade", "operation", "function", "client",
/// "user", "claims"}; all but the first two may be left out. Errors: Errc::malformed.
Result<Question> read_question(std::string_view body);

inline constexpr std::string_view explain_target = "/v1/explain";

}  // namespace sallyport::agent
