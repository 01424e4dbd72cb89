#include "certs/secret_hash.hpp"

#include "certs/openssl.hpp"
#include "certs/sha256.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <climits>
#include <cstdlib>

namespace sallyport::certs {
namespace {

constexpr std::string_view version = "v1$";
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t hash_bytes = 32;

auto salted_hash(BytesView salt, std::string_view secret) {
    std::string salted(as_text(salt));
    salted.append(secret);
    const auto hash = sha256(as_bytes(salted));
    OPENSSL_cleanse(salted.data(), salted.size());
    return hash;
}

}  // namespace

Bytes random_bytes(std::size_t count) {
    Bytes bytes(count);
    if (count > INT_MAX || RAND_priv_bytes(reinterpret_cast<unsigned char*>(bytes.data()),
                                           static_cast<int>(count)) != 1)
        std::abort();  // see the header
    return bytes;
}

Secret random_secret() {
    auto bytes = random_bytes(secret_bytes);
    Secret secret(to_base64url(bytes));
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return secret;
}

std::string hash_secret(std::string_view secret) {
    const auto salt = random_bytes(salt_bytes);
    std::string stored(version);
    stored.append(to_base64url(salt)).append("$").append(to_base64url(salted_hash(salt, secret)));
    return stored;
}

bool verify_secret(std::string_view secret, std::string_view stored) {
    if (!stored.starts_with(version)) return false;
    stored.remove_prefix(version.size());
    const auto separator = stored.find('$');
    if (separator == stored.npos) return false;
    const auto salt = from_base64url(stored.substr(0, separator));
    const auto hash = from_base64url(stored.substr(separator + 1));
    if (!salt || !hash || salt->size() != salt_bytes || hash->size() != hash_bytes) return false;
    return equal_in_constant_time(salted_hash(*salt, secret), *hash);
}

}  // namespace sallyport::certs
