#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::ssh {

/// With what we log on at an SSH server, and which servers we believe: read from files once,
/// immutable, and good for any thread.
struct Credentials {
    struct Files {
        std::filesystem::path key;          // private, in the format of ssh-keygen
        std::filesystem::path passphrase;   // empty: the key is not encrypted
        std::filesystem::path known_hosts;  // as of sshd(8)
        bool operator==(const Files&) const = default;
    };

    Secret key;
    Secret passphrase;
    std::string known_hosts;
    Files files;  // where they come from, for people

    /// Refuses key files that others may read, keys that libssh2 1.10 cannot use, and known_hosts
    /// files with lines that say nothing to it. Blocks, for an encrypted key up to a second.
    /// Errors: say what to do, and never repeat what stands in the key or the passphrase.
    static Result<std::shared_ptr<const Credentials>> load(const Files& files);

    /// Whether a session made with the other ones would be the same.
    bool same(const Credentials& other) const;
};

using CredentialsPtr = std::shared_ptr<const Credentials>;

/// What a private key file says about itself without its passphrase.
struct KeyFacts {
    std::string type;  // "ssh-ed25519"
    bool encrypted = false;
};
/// Reads the format of ssh-keygen ("BEGIN OPENSSH PRIVATE KEY").
/// Errors: Errc::malformed, Errc::unsupported; the detail says how to get a key that can be used.
Result<KeyFacts> key_facts(std::string_view text);

}  // namespace sallyport::ssh
