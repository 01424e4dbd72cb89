#include "certs/join_token.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/secret_hash.hpp"
#include "certs/sha256.hpp"

#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

constexpr std::string_view secret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

JoinToken sample() {
    JoinToken token;
    token.hub_url = "https://hub.example.com:8443";
    token.authority_key_hash = sha256(as_bytes("key"));
    token.tenant = "acme";
    token.agent = "berlin-1";
    token.locations = {"", "berlin"};
    token.secret = Secret(std::string(secret));
    token.expiry = std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000));
    return token;
}

/// A token with a right checksum around any text.
std::string framed(std::string_view json) {
    const auto text = "sp1." + to_base64url(as_bytes(json));
    return text + "." + to_hex(sha256(as_bytes(text))).substr(0, 8);
}

std::string refusal(std::string_view text) {
    const auto token = JoinToken::parse(text);
    EXPECT_FALSE(token) << text;
    if (token) return {};
    EXPECT_EQ(token.error().code, Errc::malformed);
    return token.error().detail;
}

TEST(JoinToken, SurvivesTheJourney) {
    const auto text = sample().encode();
    EXPECT_TRUE(text.reveal().starts_with("sp1."));
    const auto read = JoinToken::parse("  " + std::string(text.reveal()) + "\r\n");
    ASSERT_TRUE(read) << to_text(read.error());
    EXPECT_EQ(read->hub_url, sample().hub_url);
    EXPECT_EQ(read->authority_key_hash, sample().authority_key_hash);
    EXPECT_EQ(read->tenant, "acme");
    EXPECT_EQ(read->agent, "berlin-1");
    EXPECT_EQ(read->locations, sample().locations);
    EXPECT_EQ(read->secret.reveal(), secret);
    EXPECT_EQ(read->expiry, sample().expiry);
}

TEST(JoinToken, FindsEveryMistypedCharacter) {
    const std::string good(sample().encode().reveal());
    for (std::size_t i = 4; i < good.size(); ++i) {
        auto wrong = good;
        wrong[i] = wrong[i] == 'x' ? 'y' : 'x';
        EXPECT_FALSE(JoinToken::parse(wrong)) << i;
    }
    auto swapped = good;
    std::swap(swapped[10], swapped[11]);
    EXPECT_NE(refusal(swapped).find("checksum"), std::string::npos);
}

TEST(JoinToken, SaysWhatIsWrongWithItsForm) {
    const std::string good(sample().encode().reveal());
    const std::pair<std::string, std::string_view> cases[] = {
        {"", "begin with sp1"},
        {"hello", "begin with sp1"},
        {"sp2." + good.substr(4), "version"},
        {"sp1.", "incomplete"},
        {"sp1.AAAA", "incomplete"},
        {good.substr(0, good.size() - 1), "checksum"},
        {good.substr(0, good.rfind('.')), "incomplete"},
        {good.substr(0, 20) + "\n" + good.substr(20), "one piece"},
        {good + good, "checksum"},
        {"sp1." + std::string(9'000, 'A'), "too long"},
        {framed("no json"), "not readable"},
        {framed("[]"), "not readable"},
    };
    for (const auto& [text, part] : cases) {
        const auto detail = refusal(text);
        EXPECT_NE(detail.find(part), std::string::npos) << text << " -> " << detail;
    }
}

TEST(JoinToken, NeverRepeatsItselfInAnError) {
    std::string wrong(sample().encode().reveal());
    wrong.back() = wrong.back() == 'x' ? 'y' : 'x';
    EXPECT_EQ(refusal(wrong).find("eyJ"), std::string::npos);
}

TEST(JoinToken, RefusesContentThatIsIncompleteOrUnsafe) {
    const std::string ca = to_base64url(sha256(as_bytes("key")));
    const auto json = [&](std::string_view replaced, std::string_view by) {
        std::string text = R"({"hub":"https://hub.test","ca":")" + ca +
                           R"(","tenant":"acme","agent":"berlin-1","locations":[""],"secret":")" +
                           std::string(secret) + R"(","expiry":1800000000})";
        if (!replaced.empty()) text.replace(text.find(replaced), replaced.size(), by);
        return framed(text);
    };
    EXPECT_TRUE(JoinToken::parse(json("", "")));
    const std::pair<std::string, std::string> changes[] = {
        {"https://hub.test", "http://hub.test"},
        {"https://hub.test", "https://"},
        {"https://hub.test", "https://hub.test/path"},
        {"https://hub.test", "https://user@hub.test"},
        {"https://hub.test", "https://hub.test?x"},
        {"\"acme\"", "\"a/b\""},
        {"\"acme\"", "1"},
        {
            "berlin-1",
            "..",
        },
        {"berlin-1", ""},
        {"[\"\"]", "\"\""},
        {"[\"\"]", "[1]"},
        {"[\"\"]", "[\"a b\"]"},
        {"[\"\"]", "[\"a\\nb\"]"},
        {ca, "AAAA"},
        {ca, ""},
        {std::string(secret), "short"},
        {std::string(secret), "0123456789abcdefghijklmn:pqrst"},
        {"1800000000", "-1"},
        {"1800000000", "1.5"},
        {"1800000000", "\"x\""},
        {"1800000000", "99999999999999999"},
        {"\"tenant\"", "\"agent\""},
        {"\"tenant\"", "\"unknown\""},
        {"\"hub\"", "\"ca\""},
    };
    for (const auto& [replaced, by] : changes)
        EXPECT_FALSE(JoinToken::parse(json(replaced, by))) << replaced << " -> " << by;
}

TEST(JoinToken, SaysThatANewerHubMadeIt) {
    EXPECT_NE(refusal(framed(R"({"new":1})")).find("newer"), std::string::npos);
}

TEST(JoinToken, TakesAtMostThirtyTwoLocations) {
    auto token = sample();
    token.locations.assign(32, "berlin");
    EXPECT_TRUE(JoinToken::parse(token.encode().reveal()));
    token.locations.emplace_back("paris");
    EXPECT_FALSE(JoinToken::parse(token.encode().reveal()));
}

}  // namespace
}  // namespace sallyport::certs
