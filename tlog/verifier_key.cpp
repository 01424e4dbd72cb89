#include "tlog/verifier_key.hpp"

#include "base/error.hpp"
#include "certs/public_key_encoding.hpp"
#include "certs/sha256.hpp"
#include "tlog/spelling.hpp"

#include <array>
#include <optional>

namespace sallyport::tlog {
namespace {

std::optional<KeyType> key_type(std::byte number) {
    for (const auto type : {KeyType::ed25519, KeyType::ecdsa, KeyType::cosignature})
        if (static_cast<std::byte>(type) == number) return type;
    return std::nullopt;
}

KeyId front_of(const certs::Sha256& hash) {
    KeyId id = 0;
    for (const auto byte : std::span(hash).first<4>()) id = id << 8 | std::to_integer<KeyId>(byte);
    return id;
}

KeyId id_of(std::string_view name, KeyType type, BytesView encoded) {
    certs::Sha256Hasher hash;
    if (type != KeyType::ecdsa) {
        const std::array between{std::byte{'\n'}, static_cast<std::byte>(type)};
        hash.update(as_bytes(name));
        hash.update(between);
    }
    hash.update(encoded);
    return front_of(hash.finish());
}

Result<certs::PublicKey> decode(KeyType type, BytesView encoded) {
    return type == KeyType::ecdsa ? certs::from_subject_public_key_info(encoded)
                                  : certs::from_ed25519_bytes(encoded);
}

}  // namespace

VerifierKey::VerifierKey(std::string name, KeyType type, certs::PublicKey key, Bytes encoded)
    : name_(std::move(name)),
      type_(type),
      key_(std::move(key)),
      encoded_(std::move(encoded)),
      id_(id_of(name_, type_, encoded_)) {}

Result<VerifierKey> VerifierKey::create(std::string name, KeyType type, certs::PublicKey key) {
    if (!is_key_name(name))
        return Error{Errc::malformed, "a name of a key has no space and no plus"};
    if (type == KeyType::ecdsa && !certs::is_p256(key))
        return Error{Errc::unsupported, "an ECDSA key on another curve than P-256"};
    auto encoded =
        type == KeyType::ecdsa ? certs::subject_public_key_info(key) : certs::ed25519_bytes(key);
    if (!encoded) return encoded.error();
    return VerifierKey(std::move(name), type, std::move(key), std::move(*encoded));
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
    const auto form = [] {
        return Error{Errc::malformed, "a verifier key is name+8 hexadecimal digits+base64"};
    };
    if (text.size() > verifier_key_bytes_max)
        return Error{Errc::limit, "the verifier key is too long"};
    const auto first = text.find('+');
    if (first == std::string_view::npos) return form();
    const auto second = text.find('+', first + 1);
    if (second == std::string_view::npos) return form();
    const auto bytes = parse_base64(text.substr(second + 1));
    if (!bytes) return bytes.error();
    if (bytes->empty()) return form();
    const auto type = key_type(bytes->front());
    if (!type) return Error{Errc::unsupported, "a verifier key of a kind not known here"};
    auto key = decode(*type, BytesView(*bytes).subspan(1));
    if (!key) return key.error();
    auto made = create(std::string(text.substr(0, first)), *type, std::move(*key));
    if (!made) return made.error();
    if (text.substr(first + 1, second - first - 1) != tlog::to_text(made->id()))
        return Error{Errc::untrusted, "the key id of a verifier key belongs to another key"};
    return made;
}

std::string VerifierKey::to_text() const {
    Bytes typed{static_cast<std::byte>(type_)};
    typed.insert(typed.end(), encoded_.begin(), encoded_.end());
    return name_ + '+' + tlog::to_text(id_) + '+' + to_base64(typed);
}

std::string to_text(KeyId id) {
    std::array<std::byte, sizeof id> bytes;
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, id >>= 8)
        *byte = static_cast<std::byte>(id & 0xff);
    return to_hex(bytes);
}

}  // namespace sallyport::tlog
