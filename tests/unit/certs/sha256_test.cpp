#include "certs/sha256.hpp"

#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

// FIPS 180-4's examples, as published by NIST.
constexpr const char* of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* of_nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Sha256, GivesThePublishedValues) {
    EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), of_abc);
    EXPECT_EQ(to_hex(sha256({})), of_nothing);
}

TEST(Sha256, AHasherStartsAnewAfterEachResult) {
    Sha256Hasher hasher;
    EXPECT_EQ(to_hex(hasher(as_bytes("abc"))), of_abc);
    hasher.update(as_bytes("a"));
    hasher.update(as_bytes("bc"));
    EXPECT_EQ(to_hex(hasher.finish()), of_abc);
    EXPECT_EQ(to_hex(hasher.finish()), of_nothing);
}

}  // namespace
}  // namespace sallyport::certs
