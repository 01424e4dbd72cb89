#include "certs/key_set.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/strict_json.hpp"

#include <algorithm>
#include <bit>

namespace sallyport::certs {
namespace {

namespace json = boost::json;

constexpr std::size_t rsa_bits_min = 2048;
constexpr std::size_t rsa_bits_max = 8192;  // verifying with more takes too long
constexpr std::size_t exponent_bytes_max = 8;

/// Absent is fine for the optional ones; present, but of another type, is not.
enum class Presence { absent, text, other };

Presence read_text(const json::object& key, std::string_view name, std::string_view& text) {
    const auto* value = key.if_contains(name);
    if (value == nullptr) return Presence::absent;
    if (!value->is_string()) return Presence::other;
    text = value->get_string();
    return Presence::text;
}

/// A number in base64url, without leading zeros; empty if it is none.
Bytes read_number(const json::object& key, std::string_view name) {
    std::string_view text;
    if (read_text(key, name, text) != Presence::text) return {};
    auto bytes = from_base64url(text);
    if (!bytes) return {};
    const auto first = std::ranges::find_if(*bytes, [](std::byte b) { return b != std::byte{0}; });
    bytes->erase(bytes->begin(), first);
    return std::move(*bytes);
}

/// A coordinate has the full length of the curve (RFC 7518 section 6.2.1.2).
Bytes read_coordinate(const json::object& key, std::string_view name, unsigned curve_bits) {
    std::string_view text;
    if (read_text(key, name, text) != Presence::text) return {};
    auto bytes = from_base64url(text);
    if (!bytes || bytes->size() != (curve_bits + 7) / 8) return {};
    return std::move(*bytes);
}

unsigned curve_bits_of(std::string_view name) {
    if (name == "P-256") return 256;
    if (name == "P-384") return 384;
    return name == "P-521" ? 521 : 0;
}

std::optional<VerificationKey> read_rsa(const json::object& key) {
    const auto modulus = read_number(key, "n");
    const auto exponent = read_number(key, "e");
    if (modulus.empty() || exponent.empty() || exponent.size() > exponent_bytes_max)
        return std::nullopt;
    const auto top = std::bit_width(std::to_integer<unsigned>(modulus.front()));
    const auto bits = (modulus.size() - 1) * 8 + static_cast<std::size_t>(top);
    if (bits < rsa_bits_min || bits > rsa_bits_max) return std::nullopt;
    // With exponent 1 every message would be its own signature; an even one belongs to no key.
    const bool is_one = exponent.size() == 1 && exponent.front() == std::byte{1};
    if (is_one || (exponent.back() & std::byte{1}) == std::byte{0}) return std::nullopt;
    auto jose = jose_rsa_key(modulus, exponent);
    if (!jose) return std::nullopt;
    return VerificationKey{{}, KeyFamily::rsa, bits, {}, std::move(*jose)};
}

std::optional<VerificationKey> read_ec(const json::object& key) {
    std::string_view curve;
    if (read_text(key, "crv", curve) != Presence::text) return std::nullopt;
    const auto bits = curve_bits_of(curve);
    if (bits == 0) return std::nullopt;
    const auto x = read_coordinate(key, "x", bits);
    const auto y = read_coordinate(key, "y", bits);
    if (x.empty() || y.empty()) return std::nullopt;
    auto jose = jose_ec_key(bits, x, y);
    if (!jose) return std::nullopt;
    return VerificationKey{{}, KeyFamily::ec, bits, {}, std::move(*jose)};
}

bool is_for_signatures(const json::object& key) {
    std::string_view use;
    const auto presence = read_text(key, "use", use);
    if (presence == Presence::other || (presence == Presence::text && use != "sig")) return false;
    const auto* operations = key.if_contains("key_ops");
    if (operations == nullptr) return true;
    if (!operations->is_array()) return false;
    return std::ranges::any_of(operations->get_array(), [](const json::value& operation) {
        return operation.is_string() && operation.get_string() == "verify";
    });
}

/// Nothing for a key we cannot or must not use.
std::optional<VerificationKey> read_key(const json::value& value) {
    if (!value.is_object()) return std::nullopt;
    const auto& key = value.get_object();
    if (!is_for_signatures(key)) return std::nullopt;
    std::string_view kind, id, algorithm;
    if (read_text(key, "kty", kind) != Presence::text) return std::nullopt;
    const auto has_id = read_text(key, "kid", id);
    const auto has_algorithm = read_text(key, "alg", algorithm);
    if (has_id == Presence::other || has_algorithm == Presence::other) return std::nullopt;
    if (has_algorithm == Presence::text && find_algorithm(algorithm) == nullptr)
        return std::nullopt;
    auto read = kind == "RSA" ? read_rsa(key) : kind == "EC" ? read_ec(key) : std::nullopt;
    if (!read) return std::nullopt;
    if (has_id == Presence::text) read->key_id = std::string(id);
    if (has_algorithm == Presence::text) read->algorithm = std::string(algorithm);
    return read;
}

}  // namespace

bool VerificationKey::fits(const Algorithm& wanted) const {
    if (family != wanted.family || (algorithm && *algorithm != wanted.name)) return false;
    return family == KeyFamily::rsa || bits == wanted.curve_bits;
}

std::size_t VerificationKey::signature_bytes() const {
    const auto number_bytes = (bits + 7) / 8;
    return family == KeyFamily::rsa ? number_bytes : 2 * number_bytes;
}

std::vector<const VerificationKey*> find_keys(const std::vector<VerificationKey>& keys,
                                              const std::optional<std::string>& key_id) {
    const bool single = keys.size() == 1;
    if (single && (!key_id || !keys.front().key_id)) return {&keys.front()};
    std::vector<const VerificationKey*> found;
    for (const auto& key : keys)
        if (key_id && key.key_id == key_id) found.push_back(&key);
    return found;
}

Result<KeySet> KeySet::from_json(std::string_view text) {
    const auto set = parse_strict_object(text, {.bytes_max = key_set_bytes_max});
    if (!set) return Error{set.error().code, "key set: " + set.error().detail};
    const auto* list = set->if_contains("keys");
    if (list == nullptr || !list->is_array())
        return Error{Errc::malformed, "key set: it has no member 'keys'"};
    if (list->get_array().size() > key_set_keys_max)
        return Error{Errc::limit, "key set: more than 64 keys"};
    auto parts = std::make_shared<Parts>();
    for (const auto& value : list->get_array())
        if (auto key = read_key(value)) parts->keys.push_back(std::move(*key));
    if (parts->keys.empty())
        return Error{Errc::unsupported, "key set: no RSA or EC key for signatures in it"};
    return KeySet(std::move(parts));
}

std::size_t KeySet::size() const { return parts_->keys.size(); }

bool KeySet::has_key_id(std::string_view key_id) const {
    return std::ranges::any_of(parts_->keys, [&](const auto& key) { return key.key_id == key_id; });
}

}  // namespace sallyport::certs
