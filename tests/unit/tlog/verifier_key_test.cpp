#include "tlog/verifier_key.hpp"

#include "base/error.hpp"
#include "certs/key.hpp"
#include "certs/public_key_encoding.hpp"
#include "keys.hpp"

#include <gtest/gtest.h>

namespace sallyport::tlog {
namespace {

// From the documentation of golang.org/x/mod/sumdb/note.
constexpr std::string_view foreign =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

// The key of a public log that signs with ECDSA, and the first bytes of its published log id.
constexpr std::string_view foreign_ecdsa =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8"
    "Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==";
constexpr KeyId foreign_ecdsa_id = 0xc0d23d6a;

TEST(VerifierKey, ReadsWhatOtherProgramsWrite) {
    const auto key = VerifierKey::parse(foreign);
    ASSERT_TRUE(key) << to_text(key.error());
    EXPECT_EQ(key->name(), "PeterNeumann");
    EXPECT_EQ(key->id(), 0xc74f20a3);
    EXPECT_EQ(key->type(), KeyType::ed25519);
    EXPECT_EQ(key->to_text(), foreign);
}

TEST(VerifierKey, OfEcdsaHasTheIdThatOtherProgramsGiveIt) {
    const auto der = from_base64(foreign_ecdsa).value();
    const auto key = VerifierKey::create("rekor.sigstore.dev", KeyType::ecdsa,
                                         certs::from_subject_public_key_info(der).value());
    EXPECT_EQ(key.value().id(), foreign_ecdsa_id);
    EXPECT_EQ(VerifierKey::parse(key->to_text()).value(), *key);
}

TEST(VerifierKey, ComesBackFromItsText) {
    for (const auto kind : {certs::KeyKind::ed25519, certs::KeyKind::p256}) {
        const auto key = test::signer("sallyport/abc", kind).verifier();
        EXPECT_EQ(VerifierKey::parse(key.to_text()).value(), key);
        EXPECT_EQ(VerifierKey::parse(key.to_text())->to_text(), key.to_text());
    }
    const auto witness = test::cosigner("witness").verifier();
    EXPECT_EQ(VerifierKey::parse(witness.to_text()).value(), witness);
    EXPECT_EQ(witness.type(), KeyType::cosignature);
}

TEST(VerifierKey, HasAnotherIdForAnotherNameOrUse) {
    const auto key = certs::Key::generate(certs::KeyKind::ed25519).value();
    const auto log = VerifierKey::create("a", KeyType::ed25519, key.public_key()).value();
    EXPECT_NE(log.id(), VerifierKey::create("b", KeyType::ed25519, key.public_key())->id());
    EXPECT_NE(log.id(), VerifierKey::create("a", KeyType::cosignature, key.public_key())->id());
}

TEST(VerifierKey, RefusesOtherSpellingsAndOtherKeys) {
    const std::string good(foreign);
    const auto with = [&](std::size_t at, std::string_view text) {
        auto changed = good;
        return changed.replace(at, text.size(), text);
    };
    EXPECT_EQ(VerifierKey::parse(with(0, "peter")).error().code, Errc::untrusted);
    EXPECT_EQ(VerifierKey::parse(with(13, "C")).error().code, Errc::untrusted);
    EXPECT_EQ(VerifierKey::parse(with(13, "d")).error().code, Errc::untrusted);
    EXPECT_EQ(VerifierKey::parse(with(22, "F")).error().code, Errc::unsupported);
    EXPECT_EQ(VerifierKey::parse(good + "\n").error().code, Errc::malformed);
    EXPECT_EQ(VerifierKey::parse(good + "AA==").error().code, Errc::malformed);
    EXPECT_EQ(VerifierKey::parse(good.substr(0, 21)).error().code, Errc::malformed);
    EXPECT_EQ(VerifierKey::parse("").error().code, Errc::malformed);
    EXPECT_EQ(VerifierKey::parse("a+00000000+").error().code, Errc::malformed);
    EXPECT_EQ(VerifierKey::parse(std::string(2000, 'a')).error().code, Errc::limit);
}

TEST(VerifierKey, RefusesKeysThatCannotSignSo) {
    const auto p384 = certs::Key::generate(certs::KeyKind::p384).value().public_key();
    const auto p256 = certs::Key::generate(certs::KeyKind::p256).value().public_key();
    const auto ed25519 = certs::Key::generate(certs::KeyKind::ed25519).value().public_key();
    EXPECT_EQ(VerifierKey::create("a", KeyType::ecdsa, p384).error().code, Errc::unsupported);
    EXPECT_EQ(VerifierKey::create("a", KeyType::ecdsa, ed25519).error().code, Errc::unsupported);
    EXPECT_EQ(VerifierKey::create("a", KeyType::ed25519, p256).error().code, Errc::unsupported);
    EXPECT_EQ(VerifierKey::create("a", KeyType::cosignature, p256).error().code, Errc::unsupported);
}

TEST(VerifierKey, RefusesNamesThatASignatureLineCannotHold) {
    const auto key = certs::Key::generate(certs::KeyKind::ed25519).value().public_key();
    for (const auto* name :
         {"", "a b", "a+b", "a\nb", "a\tb",
          "a\xc2\xa0"
          "b",
          "a\xe2\x80\x83", "\xff", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80"})
        EXPECT_EQ(VerifierKey::create(name, KeyType::ed25519, key).error().code, Errc::malformed)
            << name;
    EXPECT_TRUE(VerifierKey::create("prüfer/\xf0\x9f\x94\x91", KeyType::ed25519, key));
    EXPECT_FALSE(VerifierKey::create(std::string(256, 'a'), KeyType::ed25519, key));
}

}  // namespace
}  // namespace sallyport::tlog
