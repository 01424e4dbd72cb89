#include "certs/secret_hash.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sallyport::certs {
namespace {

TEST(RandomSecret, Has256BitsAndNeverComesTwice) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto secret = random_secret();
        EXPECT_EQ(from_base64url(secret.reveal())->size(), 32u);
        EXPECT_TRUE(seen.emplace(secret.reveal()).second);
    }
}

TEST(RandomBytes, AreAsManyAsAsked) {
    EXPECT_TRUE(random_bytes(0).empty());
    EXPECT_EQ(random_bytes(33).size(), 33u);
    EXPECT_NE(random_bytes(16), random_bytes(16));
}

TEST(HashSecret, KnowsItsSecretAgain) {
    const auto secret = random_secret();
    const auto stored = hash_secret(secret.reveal());
    EXPECT_TRUE(stored.starts_with("v1$"));
    EXPECT_EQ(stored.find(secret.reveal()), std::string::npos);
    EXPECT_TRUE(verify_secret(secret.reveal(), stored));
    EXPECT_FALSE(verify_secret(random_secret().reveal(), stored));
    EXPECT_FALSE(verify_secret("", stored));
    EXPECT_FALSE(verify_secret(std::string(secret.reveal()) + "x", stored));
}

TEST(HashSecret, IsSalted) { EXPECT_NE(hash_secret("same"), hash_secret("same")); }

TEST(HashSecret, IsTheSaltedSha256ItSays) {
    // printf '\x00\x01...\x0f''secret' | sha256sum, both in base64url
    EXPECT_TRUE(verify_secret(
        "secret", "v1$AAECAwQFBgcICQoLDA0ODw$Z1V8DYYXnEUZnwlthbeusrizS_QjxAO6UX9yvMWRPEw"));
}

TEST(VerifySecret, IsFalseForTextsThatAreNoHash) {
    const auto stored = hash_secret("s");
    for (const auto& text :
         {std::string(), std::string("v1$"), std::string("v1$$"), std::string("s"),
          stored.substr(1), stored.substr(0, stored.size() - 1), stored + "A",
          "v2" + stored.substr(2), stored + "$", std::string("v1$AA$AA")})
        EXPECT_FALSE(verify_secret("s", text)) << text;
}

}  // namespace
}  // namespace sallyport::certs
