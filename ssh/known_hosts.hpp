#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::ssh {

/// What a known_hosts file (sshd(8)) says about the key of a server. Names may be hashed; patterns
/// are not understood, and certificate authorities vouch for nobody here.
enum class Verdict { known, unknown, changed, revoked };

/// Errors: Errc::malformed with `file` and the number of the line that cannot be used.
Result<void> check_known_hosts(std::string_view text, const std::string& file);

/// `key` as of RFC 4253 section 6.6. `text` has passed check_known_hosts.
Verdict judge_host_key(std::string_view text, std::string_view host, std::uint16_t port,
                       BytesView key);

/// Which types of keys to ask the server for, in our order: those that are known of it; if none is,
/// all that we accept. "ssh-ed25519,ecdsa-sha2-nistp256"
std::string host_key_types(std::string_view text, std::string_view host, std::uint16_t port);

/// "jump.corp", "[jump.corp]:2222"
std::string name_in_known_hosts(std::string_view host, std::uint16_t port);
/// "ssh-ed25519"
std::string type_of_key(BytesView key);
/// The whole line for that key.
std::string known_hosts_line(std::string_view host, std::uint16_t port, BytesView key);

}  // namespace sallyport::ssh
