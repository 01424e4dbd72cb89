#include "certs/key.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/openssl.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace sallyport::certs {
namespace {

TEST(Key, OfEachKindSurvivesPem) {
    for (const auto kind : {KeyKind::p256, KeyKind::rsa2048, KeyKind::rsa3072, KeyKind::ed25519}) {
        const auto key = Key::generate(kind).value();
        const auto pem = key.to_pem().value();
        EXPECT_TRUE(pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        const auto read = Key::from_pem(pem.reveal());
        ASSERT_TRUE(read) << to_text(read.error());
        EXPECT_EQ(read->public_key_hash(), key.public_key_hash());
    }
}

TEST(Key, SaysItsKind) {
    EXPECT_EQ(Key::generate(KeyKind::p256)->public_key().description(), "EC P-256");
    EXPECT_EQ(Key::generate(KeyKind::ed25519)->public_key().description(), "Ed25519");
    EXPECT_EQ(Key::generate(KeyKind::rsa2048)->public_key().description(), "RSA 2048");
}

TEST(Key, GivesAPublicKeyWithoutThePrivateHalf) {
    const auto key = Key::generate(KeyKind::p256).value();
    const BioPtr bio(BIO_new(BIO_s_mem()));
    EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.public_key().get(), nullptr, nullptr, 0,
                                            nullptr, nullptr),
              0);
    ERR_clear_error();
}

TEST(Key, HasTheHashThatOpensslComputesFromTheSubjectPublicKeyInfo) {
    // openssl pkey -in key.pem -pubout -outform DER | sha256sum
    constexpr std::string_view pem =
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
        "-----END PRIVATE KEY-----\n";  // RFC 8032 section 7.1, test 1
    const auto key = Key::from_pem(pem).value();
    EXPECT_EQ(to_hex(key.public_key_hash()),
              "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9");
}

TEST(Key, RefusesAnEncryptedKeyWithoutAskingAnybody) {
    const auto key = Key::generate(KeyKind::p256).value();
    const BioPtr bio(BIO_new(BIO_s_mem()));
    ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_256_cbc(), "secret", 6,
                                            nullptr, nullptr),
              1);
    const auto read = Key::from_pem(written_to(bio.get()));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::unsupported);
}

TEST(Key, RefusesWhatIsNoKey) {
    for (const char* pem : {"", "hello",
                            "-----BEGIN PRIVATE KEY-----\nAAAA\n"
                            "-----END PRIVATE KEY-----\n"}) {
        const auto read = Key::from_pem(pem);
        ASSERT_FALSE(read) << pem;
        EXPECT_EQ(read.error().code, Errc::malformed);
    }
}

TEST(Key, RefusesWeakAndUnknownKinds) {
    const KeyPtr keys[] = {KeyPtr(EVP_RSA_gen(1024)), KeyPtr(EVP_EC_gen("secp256k1")),
                           KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")),
                           KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"))};
    for (const auto& key : keys) {
        ASSERT_TRUE(key);
        const auto accepted = PublicKey::of(key.get());
        ASSERT_FALSE(accepted);
        EXPECT_EQ(accepted.error().code, Errc::unsupported);
    }
}

TEST(OpensslError, TellsTheQueueAndEmptiesIt) {
    ERR_raise(ERR_LIB_X509, ERR_R_MALLOC_FAILURE);
    const auto error = openssl_error("open the vault");
    EXPECT_TRUE(error.detail.starts_with("open the vault: ")) << error.detail;
    EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(OpensslError, IsLeftEmptyByFailuresOfOurs) {
    EXPECT_FALSE(Key::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
    EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace sallyport::certs
