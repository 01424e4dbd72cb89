// Which client certificate a look at a back end shows, and what it means that one is demanded.
#pragma once

#include "agent/config.hpp"
#include "base/error.hpp"
#include "base/result.hpp"
#include "certs/key_file.hpp"
#include "mappings/mapping.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace sallyport::agent {

struct Reachability;
struct ReachTarget;
enum class ReachStep : std::uint8_t;

/// Whose certificate a back end sees when a request comes on behalf of nobody. of_user: nobody's
/// then, and each user's own for users.
enum class ShownCertificate : std::uint8_t { none, system, of_user };
ShownCertificate shown_certificate(const mappings::Mapping& mapping);

/// The system certificate as the running agent shows it: the imported one, or one that its
/// authority issues. Reads the state directory and makes no file there. Errors: Errc::not_found
/// while there is no authority; those of reading keys.
Result<std::shared_ptr<const certs::KeyAndChain>> system_certificate(const Config& config,
                                                                     certs::Time now);

/// Whether a step failed because the server has no certificate of ours, or takes another one. In
/// TLS 1.3 it says so only after the handshake. Pure.
bool demands_certificate(const Reachability& about, ReachStep step, const Error& error);

/// What an administrator does about it. Pure.
std::string certificate_advice(const ReachTarget& target);

}  // namespace sallyport::agent
