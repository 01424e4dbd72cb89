#pragma once

#include "base/result.hpp"
#include "certs/key.hpp"
#include "tlog/note.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::tlog {

/// A key with the name it signs notes under.
class Signer {
public:
    /// The key's kind decides how it signs: Ed25519 or ECDSA P-256.
    /// Errors: Errc::unsupported for other kinds, Errc::malformed if that is no name.
    static Result<Signer> create(std::string name, certs::Key key);

    const VerifierKey& verifier() const { return verifier_; }
    Result<NoteSignature> sign(std::string_view note_text) const;

private:
    Signer(certs::Key key, VerifierKey verifier);

    certs::Key key_;
    VerifierKey verifier_;
};

/// A witness's key. Its messages do not say its name, so one key must not serve two witnesses, nor
/// sign anything else.
class Cosigner {
public:
    /// Errors: Errc::unsupported unless the key is Ed25519, Errc::malformed if that is no name.
    static Result<Cosigner> create(std::string name, certs::Key key);

    const VerifierKey& verifier() const { return verifier_; }
    /// `seconds` since 1970. Errors: Errc::limit for a time no cosignature can tell.
    Result<NoteSignature> cosign(std::string_view note_text, std::uint64_t seconds) const;

private:
    Cosigner(certs::Key key, VerifierKey verifier);

    certs::Key key_;
    VerifierKey verifier_;
};

}  // namespace sallyport::tlog
