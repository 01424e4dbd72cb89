#include "certs/key_import.hpp"

#include "certs/distinguished_name.hpp"
#include "certs/openssl.hpp"
#include "certs/request.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

namespace sallyport::certs {
namespace {

class KeyImportTest : public ::testing::Test {
protected:
    static std::string pkcs12(const test::Held& held, const Certificate& more,
                              const char* password) {
        auto* stack = sk_X509_new_null();
        sk_X509_push(stack, more.get());
        auto* file = PKCS12_create(password, "agent", held.key.get(), held.certificate.get(), stack,
                                   0, 0, 0, 0, 0);
        sk_X509_free(stack);
        const BioPtr bio(BIO_new(BIO_s_mem()));
        EXPECT_EQ(i2d_PKCS12_bio(bio.get(), file), 1);
        PKCS12_free(file);
        return std::string(written_to(bio.get()));
    }

    test::TestPki pki_;
    test::Held held_ = pki_.agent();
};

TEST_F(KeyImportTest, PemWithAndWithoutKeyIsRead) {
    const auto bare = read_key_import(held_.certificate_pem(), Secret());
    ASSERT_TRUE(bare);
    EXPECT_FALSE(bare->key);
    const auto both = read_key_import(held_.certificate_pem() + held_.key_pem(), Secret());
    ASSERT_TRUE(both && both->key);
    EXPECT_EQ(both->key->public_key(), held_.key.public_key());
}

TEST_F(KeyImportTest, Pkcs12OpensWithItsPasswordOnly) {
    const auto file = pkcs12(held_, pki_.ca(), "s3cret");
    const auto read = read_key_import(file, Secret("s3cret"));
    ASSERT_TRUE(read) << to_text(read.error());
    ASSERT_TRUE(read->key);
    EXPECT_EQ(read->certificates.size(), 2U);
    const auto chain = ordered_chain(read->key->public_key(), read->certificates);
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->front(), held_.certificate);
    EXPECT_EQ(chain->back(), pki_.ca());
    for (const auto* wrong : {"other", ""}) {
        const auto refused = read_key_import(file, Secret(wrong));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::unauthorized) << to_text(refused.error());
    }
}

/// A library context that can still write what ours does not read.
class LegacyLibrary {
public:
    LegacyLibrary()
        : context_(OSSL_LIB_CTX_new()),
          present_(OSSL_PROVIDER_load(context_, "default")),
          legacy_(OSSL_PROVIDER_load(context_, "legacy")) {}
    ~LegacyLibrary() {
        OSSL_PROVIDER_unload(legacy_);
        OSSL_PROVIDER_unload(present_);
        OSSL_LIB_CTX_free(context_);
        ERR_clear_error();
    }
    LegacyLibrary(const LegacyLibrary&) = delete;
    LegacyLibrary& operator=(const LegacyLibrary&) = delete;
    bool has_legacy() const { return legacy_ != nullptr; }
    OSSL_LIB_CTX* get() const { return context_; }

private:
    OSSL_LIB_CTX* context_;
    OSSL_PROVIDER* present_;
    OSSL_PROVIDER* legacy_;
};

TEST_F(KeyImportTest, AFileOfOldToolsSaysHowToWriteItAnew) {
    const LegacyLibrary library;
    if (!library.has_legacy()) GTEST_SKIP() << "this OpenSSL has no legacy provider";
    // As Windows and Java wrote them for decades: RC2 for the certificates, 3DES for the key.
    auto* file = PKCS12_create_ex("s3cret", "agent", held_.key.get(), held_.certificate.get(),
                                  nullptr, NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                                  NID_pbe_WithSHA1And40BitRC2_CBC, 0, 0, 0, library.get(), nullptr);
    ASSERT_NE(file, nullptr);
    const BioPtr bio(BIO_new(BIO_s_mem()));
    EXPECT_EQ(i2d_PKCS12_bio(bio.get(), file), 1);
    PKCS12_free(file);
    const auto refused = read_key_import(std::string(written_to(bio.get())), Secret("s3cret"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported) << to_text(refused.error());
    EXPECT_NE(refused.error().detail.find("openssl pkcs12 -legacy"), std::string::npos);
    EXPECT_EQ(ERR_peek_error(), 0u) << "nothing is left for who comes next";
}

TEST_F(KeyImportTest, GarbageIsRefused) {
    const auto file = pkcs12(held_, pki_.ca(), "s3cret");
    for (const auto& bad :
         {std::string(), std::string("\x30\x03\x02\x01", 4), file + "x",
          file.substr(0, file.size() / 2), std::string("-----BEGIN CERTIFICATE-----\nxx\n")})
        EXPECT_FALSE(read_key_import(bad, Secret("s3cret"))) << bad.size();
}

TEST_F(KeyImportTest, ChainIsPutInOrderAndStrangersAreRefused) {
    const test::TestPki other("other CA");
    const auto& key = held_.key.public_key();
    const auto chain = ordered_chain(key, {pki_.ca(), held_.certificate, held_.certificate});
    ASSERT_TRUE(chain);
    ASSERT_EQ(chain->size(), 2U);
    EXPECT_EQ(chain->front(), held_.certificate);
    const auto strange = ordered_chain(key, {held_.certificate, other.ca()});
    ASSERT_FALSE(strange);
    EXPECT_EQ(strange.error().code, Errc::malformed);
    const auto foreign = ordered_chain(other.agent().key.public_key(), {held_.certificate});
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, Errc::conflict);
}

TEST_F(KeyImportTest, RequestsOfEveryKeyTypeAreSignedAndAskForTheirUse) {
    DistinguishedName subject;
    ASSERT_TRUE(subject.add(NameAttribute::common_name, "berlin-1"));
    for (const auto* name : {"p256", "p384", "rsa2048", "rsa3072", "ed25519"}) {
        const auto key = Key::generate(*key_kind(name));
        ASSERT_TRUE(key) << name;
        const auto pem =
            make_request_pem(*key, {.subject = subject, .purpose = RequestFor::authority});
        ASSERT_TRUE(pem) << name;
        const auto bio = memory_bio(*pem);
        const RequestPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
        ASSERT_TRUE(request);
        EXPECT_EQ(X509_REQ_verify(request.get(), key->get()), 1) << name;
    }
    EXPECT_FALSE(key_kind("rsa1024"));
}

}  // namespace
}  // namespace sallyport::certs
