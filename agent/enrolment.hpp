#pragma once

#include "agent/config.hpp"
#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/join_token.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::agent {

/// How to reach the hub for enrolment.
struct EnrolmentWay {
    std::string url;                    // of the hub in agent.toml; must be the token's
    std::string proxy;                  // http://host:port of a corporate proxy, or empty
    std::filesystem::path credentials;  // file with "user:password" for it, or empty
    std::optional<EnrolmentConfig> external = {};  // who makes the certificate instead of the hub
    std::string restored = {};  // value of certs::restored_field: the state came out of a backup
};

/// What an enrolment got.
struct Enrolled {
    certs::Certificate certificate;
    std::string name;  // spiffe://hub/tenant/.../agent/...
};

/// Reads a token from a file, or from `in` for "-".
Result<certs::JoinToken> read_join_token(std::istream& in, const std::string& file);

/// The way to the [[hub]] of agent.toml that the token is for.
EnrolmentWay way_of(const Config& config, const certs::JoinToken& token);

/// enrol() to its end, on a loop of its own. For command-line tools.
Result<Enrolled> enrol_now(const certs::JoinToken& token, const EnrolmentWay& way,
                           const std::filesystem::path& identity_folder);

/// Gets the agent's first certificate from the hub that `token` names (RFC 7030; docs/PROTOCOL.md):
/// checks the hub by the pinned key of its CA, makes the key here, and leaves a whole identity in
/// `identity_folder`, or nothing new. With `external` the certificate comes from there, and the hub
/// binds it to the agent (docs/PROTOCOL.md#external). The token works once. Errors say what to do.
net::Task<Result<Enrolled>> enrol(net::Loop& loop, net::BlockingPool& pool,
                                  const certs::JoinToken& token, const EnrolmentWay& way,
                                  const std::filesystem::path& identity_folder);

}  // namespace sallyport::agent
