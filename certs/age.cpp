#include "certs/age.hpp"

#include "base/error.hpp"
#include "certs/openssl.hpp"
#include "certs/secret_hash.hpp"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

namespace sallyport::certs {
namespace {

constexpr std::size_t file_key_bytes = 16;
constexpr std::size_t age_nonce_bytes = 16;  // of the payload
constexpr std::size_t age_tag_bytes = 16;
constexpr std::size_t sealed_chunk_bytes = age_chunk_bytes + age_tag_bytes;
constexpr std::string_view scrypt_label = "age-encryption.org/v1/scrypt";
using Key32 = std::array<std::byte, 32>;
using ChunkNonce = std::array<std::byte, 12>;
using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeWith<EVP_CIPHER_CTX_free>>;

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
const unsigned char* octets(BytesView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Result<Key32> hmac_sha256(BytesView key, std::string_view text) {
    Key32 mac{};
    unsigned length = 0;
    if (::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(text), text.size(),
               reinterpret_cast<unsigned char*>(mac.data()), &length) == nullptr)
        return openssl_error("compute an HMAC");
    return mac;
}

/// RFC 5869 with SHA-256, 32 bytes: one block.
Result<Key32> age_hkdf(BytesView secret, BytesView salt, std::string_view info) {
    const Key32 no_salt{};
    auto extracted = hmac_sha256(salt.empty() ? BytesView(no_salt) : salt, as_text(secret));
    if (!extracted) return extracted.error();
    auto expanded = hmac_sha256(*extracted, std::string(info) + '\x01');
    ::OPENSSL_cleanse(extracted->data(), extracted->size());
    return expanded;
}

Result<Secret> wrapping_key(const Secret& passphrase, const std::array<std::byte, 16>& salt,
                            unsigned work_factor) {
    constexpr std::uint64_t block_size = 8;
    const auto cost = std::uint64_t{1} << work_factor;
    std::string labelled(scrypt_label);
    labelled.append(as_text(salt));
    std::string key(32, '\0');
    const auto text = passphrase.reveal();
    // As RFC 7914 needs it: 128 * r * N bytes and a little.
    const auto memory = 128 * block_size * (cost + 64);
    const auto done = ::EVP_PBE_scrypt(text.data(), text.size(), octets(labelled), labelled.size(),
                                       cost, block_size, 1, memory, octets(key), key.size());
    if (done != 1) return openssl_error("derive a key from the passphrase");
    return Secret(std::move(key));
}

Result<void> seal_one(std::string_view key, const ChunkNonce& nonce, std::string_view plain,
                      std::string& out) {
    const CipherPtr context(::EVP_CIPHER_CTX_new());
    const auto before = out.size();
    out.resize(before + plain.size() + age_tag_bytes);
    auto* to = octets(out) + before;
    int length = 0;
    if (!context ||
        ::EVP_EncryptInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, octets(key),
                             octets(BytesView(nonce))) != 1 ||
        ::EVP_EncryptUpdate(context.get(), to, &length, octets(plain),
                            static_cast<int>(plain.size())) != 1 ||
        ::EVP_EncryptFinal_ex(context.get(), to + plain.size(), &length) != 1 ||
        ::EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, age_tag_bytes,
                              to + plain.size()) != 1)
        return openssl_error("encrypt");
    return {};
}

/// False: it is not what was encrypted with this key and nonce.
bool open_one(std::string_view key, const ChunkNonce& nonce, std::string_view sealed,
              std::string& out) {
    if (sealed.size() < age_tag_bytes) return false;
    const auto size = sealed.size() - age_tag_bytes;
    const CipherPtr context(::EVP_CIPHER_CTX_new());
    out.resize(size + 1);  // never an empty buffer
    std::array<unsigned char, age_tag_bytes> tag{};
    std::copy_n(octets(sealed) + size, age_tag_bytes, tag.begin());
    int length = 0;
    const bool good = context &&
                      ::EVP_DecryptInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr,
                                           octets(key), octets(BytesView(nonce))) == 1 &&
                      ::EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, age_tag_bytes,
                                            tag.data()) == 1 &&
                      ::EVP_DecryptUpdate(context.get(), octets(out), &length, octets(sealed),
                                          static_cast<int>(size)) == 1 &&
                      ::EVP_DecryptFinal_ex(context.get(), octets(out) + size, &length) == 1;
    out.resize(good ? size : 0);
    return good;
}

Result<AgeChunks> chunks_of(std::string_view file_key, std::string_view nonce) {
    auto key = age_hkdf(as_bytes(file_key), as_bytes(nonce), "payload");
    if (!key) return key.error();
    AgeChunks chunks(Secret(std::string(as_text(*key))));
    ::OPENSSL_cleanse(key->data(), key->size());
    return chunks;
}

Result<Secret> unwrap(const Secret& passphrase, const AgeHeader& header) {
    const auto wrapping = wrapping_key(passphrase, header.salt, header.work_factor);
    if (!wrapping) return wrapping.error();
    std::string file_key;
    if (!open_one(wrapping->reveal(), ChunkNonce{}, as_text(header.wrapped_key), file_key) ||
        file_key.size() != file_key_bytes)
        return Error{Errc::unauthorized, "the passphrase is not the one it was encrypted with"};
    Secret secret(std::move(file_key));
    const auto mac_key = age_hkdf(as_bytes(secret.reveal()), {}, "header");
    if (!mac_key) return mac_key.error();
    const auto mac = hmac_sha256(*mac_key, header.covered);
    if (!mac) return mac.error();
    if (!equal_in_constant_time(*mac, header.mac))
        return Error{Errc::untrusted, "the head of the encrypted file was changed"};
    return secret;
}

}  // namespace

ChunkNonce AgeChunks::next_nonce(Place place) {
    ChunkNonce nonce{};
    auto counter = counter_++;
    for (std::size_t i = 11; i-- > 3; counter >>= 8)
        nonce.at(i) = static_cast<std::byte>(counter & 0xff);
    nonce.back() = place == Place::last ? std::byte{1} : std::byte{0};
    return nonce;
}

Result<void> AgeChunks::seal(std::string_view plain, Place place, std::string& out) {
    const auto nonce = next_nonce(place);
    return seal_one(key_.reveal(), nonce, plain, out);
}

Result<void> AgeChunks::open(std::string_view sealed, Place place, std::string& out) {
    const bool first = counter_ == 0;
    const auto nonce = next_nonce(place);
    if (!open_one(key_.reveal(), nonce, sealed, out))
        return Error{Errc::untrusted, "the encrypted file was changed or cut off, at its piece " +
                                          std::to_string(counter_) + " of 64 KiB"};
    // There is one way to write each content.
    if (out.empty() && !first)
        return Error{Errc::untrusted, "the encrypted file ends with an empty piece"};
    return {};
}

Result<AgeWriter> AgeWriter::begin(const Secret& passphrase, Sink sink, unsigned work_factor) {
    const auto file_key_of = random_bytes(file_key_bytes);
    const Secret file_key{std::string(as_text(file_key_of))};
    AgeHeader header{.work_factor = work_factor};
    std::ranges::copy(random_bytes(header.salt.size()), header.salt.begin());
    const auto wrapping = wrapping_key(passphrase, header.salt, work_factor);
    if (!wrapping) return wrapping.error();
    std::string wrapped;
    if (auto done = seal_one(wrapping->reveal(), ChunkNonce{}, file_key.reveal(), wrapped); !done)
        return done.error();
    std::ranges::copy(as_bytes(wrapped), header.wrapped_key.begin());
    header.covered = AgeHeader::to_cover(header.salt, work_factor, header.wrapped_key);
    const auto mac_key = age_hkdf(as_bytes(file_key.reveal()), {}, "header");
    if (!mac_key) return mac_key.error();
    const auto mac = hmac_sha256(*mac_key, header.covered);
    if (!mac) return mac.error();
    header.mac = *mac;
    const auto nonce = random_bytes(age_nonce_bytes);
    auto chunks = chunks_of(file_key.reveal(), as_text(nonce));
    if (!chunks) return chunks.error();
    if (auto written = sink(header.to_text().append(as_text(nonce))); !written)
        return written.error();
    return AgeWriter(std::move(*chunks), std::move(sink));
}

/// Always holds something back: which piece is the last one is known only at the end.
Result<void> AgeWriter::write(std::string_view plain) {
    while (!plain.empty()) {
        const auto part = plain.substr(0, age_chunk_bytes + 1 - plain_.size());
        plain_.append(part);
        plain.remove_prefix(part.size());
        if (plain_.size() <= age_chunk_bytes) return {};
        const char ahead = plain_.back();
        plain_.pop_back();
        if (auto done = put(AgeChunks::Place::within); !done) return done;
        plain_.assign(1, ahead);
    }
    return {};
}

Result<void> AgeWriter::finish() { return put(AgeChunks::Place::last); }

Result<void> AgeWriter::put(AgeChunks::Place place) {
    sealed_.clear();
    if (auto done = chunks_.seal(plain_, place, sealed_); !done) return done;
    plain_.clear();
    return sink_(sealed_);
}

Result<AgeReader> AgeReader::open(const Secret& passphrase, Source source) {
    std::string text(age_header_bytes_max + age_nonce_bytes, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto count = source(std::span(text).subspan(size));
        if (!count) return count.error();
        if (*count == 0) break;
        size += *count;
    }
    text.resize(size);
    const auto header_size = age_header_size(text);
    if (!header_size) return header_size.error();
    if (*header_size == 0 || *header_size + age_nonce_bytes > text.size())
        return Error{Errc::malformed, "the encrypted file was cut off in its head"};
    const auto header = AgeHeader::parse(std::string_view(text).substr(0, *header_size));
    if (!header) return header.error();
    const auto file_key = unwrap(passphrase, *header);
    if (!file_key) return file_key.error();
    auto chunks =
        chunks_of(file_key->reveal(), std::string_view(text).substr(*header_size, age_nonce_bytes));
    if (!chunks) return chunks.error();
    text.erase(0, *header_size + age_nonce_bytes);
    return AgeReader(std::move(*chunks), std::move(source), std::move(text));
}

/// Reads on until so much is there, or the file ends.
Result<void> AgeReader::fill(std::size_t bytes) {
    auto size = sealed_.size();
    if (size >= bytes) return {};
    sealed_.resize(bytes);
    while (size < bytes) {
        const auto count = source_(std::span(sealed_).subspan(size));
        if (!count) return count.error();
        if (*count == 0) break;
        size += *count;
    }
    sealed_.resize(size);
    return {};
}

Result<void> AgeReader::next_piece() {
    if (auto filled = fill(sealed_chunk_bytes + 1); !filled) return filled;
    const bool last = sealed_.size() <= sealed_chunk_bytes;
    const auto size = last ? sealed_.size() : sealed_chunk_bytes;
    taken_ = 0;
    const auto place = last ? AgeChunks::Place::last : AgeChunks::Place::within;
    if (auto opened = chunks_.open(std::string_view(sealed_).substr(0, size), place, plain_);
        !opened)
        return opened;
    sealed_.erase(0, size);
    ended_ = last;
    return {};
}

Result<std::size_t> AgeReader::read(std::span<char> out) {
    if (taken_ == plain_.size() && !ended_)
        if (auto next = next_piece(); !next) return next.error();
    const auto count = std::min(out.size(), plain_.size() - taken_);
    std::copy_n(plain_.begin() + static_cast<std::ptrdiff_t>(taken_), count, out.begin());
    taken_ += count;
    return count;
}

}  // namespace sallyport::certs
