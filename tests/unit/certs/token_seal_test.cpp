#include "certs/token_seal.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/token.hpp"
#include "tests/unit/certs/shared_keys.hpp"

#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

std::vector<std::string> parts_of(const std::string& sealed) {
    std::vector<std::string> parts(1);
    for (const char c : sealed)
        if (c == '.')
            parts.emplace_back();
        else
            parts.back() += c;
    return parts;
}

std::string join(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) text += (&part == &parts.front() ? "" : ".") + part;
    return text;
}

TEST(TokenSeal, OpensWhatItSealed) {
    const auto seal = TokenSeal::of(signing_key()).value();
    const auto sealed = seal.seal("a.b.c").value();
    EXPECT_EQ(sealed.find("a.b.c"), std::string::npos);
    EXPECT_EQ(seal.open(sealed).value(), "a.b.c");
    EXPECT_NE(seal.seal("a.b.c").value(), sealed) << "a fresh IV each time";
}

TEST(TokenSeal, IsTheSameAfterARestartAndAnotherForAnotherKey) {
    const auto sealed = TokenSeal::of(signing_key())->seal("text").value();
    const auto again = SigningKey::from_pem(signing_key().to_pem()->reveal()).value();
    EXPECT_EQ(TokenSeal::of(again)->open(sealed).value(), "text");
    const auto other = SigningKey::generate().value();
    EXPECT_EQ(TokenSeal::of(other)->open(sealed).error().code, Errc::untrusted);
}

TEST(TokenSeal, OpensNothingElse) {
    const auto seal = TokenSeal::of(signing_key()).value();
    const auto good = parts_of(seal.seal("text").value());
    ASSERT_EQ(good.size(), 5u);
    const auto changed = [&](std::size_t part, const std::string& text) {
        auto parts = good;
        parts[part] = text;
        return join(parts);
    };
    auto flipped = good[3];
    flipped[0] = flipped[0] == 'A' ? 'B' : 'A';
    const std::string cases[] = {
        "",
        "....",
        join({good[0], good[1], good[2], good[3]}),
        join(good) + ".x",
        changed(0, to_base64url(as_bytes(R"({"alg":"dir","enc":"A128GCM"})"))),
        changed(0, to_base64url(as_bytes(R"({"alg":"dir","enc":"A256GCM","zip":"DEF"})"))),
        changed(0, to_base64url(as_bytes(R"({"alg":"none"})"))),
        changed(1, "AAAA"),
        changed(2, good[2].substr(4)),
        changed(3, flipped),
        changed(3, ""),
        changed(4, good[4].substr(0, 2)),   // a tag of one byte: CVE-2023-37464
        changed(4, good[4].substr(0, 16)),  // of twelve
        changed(4, ""),
        std::string(20'000, 'x'),
    };
    for (const auto& sealed : cases)
        EXPECT_EQ(seal.open(sealed).error().code, Errc::untrusted) << sealed.substr(0, 200);
}

}  // namespace
}  // namespace sallyport::certs
