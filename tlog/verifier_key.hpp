#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "certs/public_key.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::tlog {

/// How a key signs notes, by the number that C2SP signed-note gives it.
enum class KeyType : std::uint8_t {
    ed25519 = 0x01,
    /// ECDSA P-256 over SHA-256, the signature in DER, as Sigstore's logs sign.
    ecdsa = 0x02,
    /// C2SP tlog-cosignature v1: Ed25519 over the note and the time of signing.
    cosignature = 0x04,
};

/// Tells the keys of one name apart; not a hash that anything rests on.
using KeyId = std::uint32_t;

inline constexpr std::size_t verifier_key_bytes_max = 1024;

/// A public key with the name it signs notes under: `name+12345678+base64` in text ("vkey").
class VerifierKey {
public:
    /// Errors: Errc::malformed; Errc::unsupported for other kinds of keys; Errc::untrusted if the
    /// key id is not the one of this key.
    static Result<VerifierKey> parse(std::string_view text);
    /// Errors: Errc::malformed if that is no name; Errc::unsupported if such a key cannot sign so.
    static Result<VerifierKey> create(std::string name, KeyType type, certs::PublicKey key);

    const std::string& name() const { return name_; }
    KeyType type() const { return type_; }
    /// The first four bytes of SHA-256(name || 0x0a || type || key); of ECDSA keys, as others do
    /// it, of SHA-256(SubjectPublicKeyInfo).
    KeyId id() const { return id_; }
    const certs::PublicKey& key() const { return key_; }
    std::string to_text() const;

    friend bool operator==(const VerifierKey& a, const VerifierKey& b) {
        return a.name_ == b.name_ && a.type_ == b.type_ && a.key_ == b.key_;
    }

private:
    VerifierKey(std::string name, KeyType type, certs::PublicKey key, Bytes encoded);

    std::string name_;
    KeyType type_;
    certs::PublicKey key_;
    Bytes encoded_;
    KeyId id_;
};

/// Eight hexadecimal digits.
std::string to_text(KeyId id);

}  // namespace sallyport::tlog
