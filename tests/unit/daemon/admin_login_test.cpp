#include "daemon/admin_login.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sallyport::daemon {
namespace {

const std::string short_token(AdminTokens::token_characters_min, 'a');
const std::string long_token(AdminTokens::token_characters_max, 'b');

ShownToken shown_of(std::vector<std::string> values) {
    std::vector<http::Field> fields{{"host", "localhost"}};
    for (const auto& value : values) fields.push_back({"authorization", value});
    return shown_token(fields);
}

TEST(AdminTokens, KnowsEachOfThemAndNothingElse) {
    const auto tokens = AdminTokens::parse(short_token + "\r\n\n" + long_token + "\n", "f");
    ASSERT_TRUE(tokens);
    EXPECT_EQ(tokens->size(), 2U);
    EXPECT_TRUE(tokens->knows(short_token));
    EXPECT_TRUE(tokens->knows(long_token));
    for (const auto& wrong : {std::string(), short_token + "a", short_token.substr(1),
                              long_token + short_token, short_token + "\n"})
        EXPECT_FALSE(tokens->knows(wrong)) << wrong;
}

TEST(AdminTokens, NeedsTokensThatNobodyGuesses) {
    const auto eight = [] {
        std::string text;
        for (int i = 0; i <= 8; ++i) text += short_token + std::to_string(i) + "\n";
        return text;
    }();
    for (const auto& text :
         {std::string(), std::string("\n\n"), short_token.substr(1), long_token + "b",
          short_token + " " + short_token, short_token + "\xc3\xa4", short_token + '\0', eight}) {
        const auto tokens = AdminTokens::parse(text, "file");
        ASSERT_FALSE(tokens) << text;
        EXPECT_EQ(tokens.error().code, Errc::malformed);
        EXPECT_EQ(tokens.error().detail.find("aaaa"), std::string::npos) << tokens.error().detail;
    }
}

TEST(AdminTokens, MustBeHiddenFromOthers) {
    const test::TemporaryFolder root;
    const auto file = root.path() / "token";
    for (const auto& [mode, good] : {std::pair<mode_t, bool>(0600, true),
                                     {0640, true},
                                     {0400, true},
                                     {0644, false},
                                     {0660, false},
                                     {0602, false}}) {
        ASSERT_TRUE(replace_file(file, short_token, mode));
        EXPECT_EQ(AdminTokens::load(file).has_value(), good) << mode;
    }
    EXPECT_FALSE(AdminTokens::load(root.path() / "nothing"));
}

TEST(ShownToken, IsABearerOrTheBasicPassword) {
    const auto basic = [](std::string_view text) { return "Basic " + to_base64(as_bytes(text)); };
    const std::array<std::pair<std::vector<std::string>, std::string>, 11> cases{{
        {{"Bearer abc"}, "abc"},
        {{"bearer  abc"}, "abc"},
        {{"Bearerabc"}, ""},
        {{"Bearer"}, ""},
        {{"Digest abc"}, ""},
        {{""}, ""},
        {{basic("monitor:abc")}, "abc"},
        {{basic(":a:b")}, "a:b"},
        {{basic("abc")}, ""},
        {{"Basic !!!"}, ""},
        {{"Bearer abc", "Bearer abc"}, ""},
    }};
    for (const auto& [values, token] : cases) {
        EXPECT_TRUE(shown_of(values).shown) << values.front();
        EXPECT_EQ(shown_of(values).token, token) << values.front();
    }
    EXPECT_FALSE(shown_of({}).shown);
}

TEST(OwnHost, IsOneOfTheNamesWithOrWithoutAPort) {
    const std::array<std::string, 3> names{"localhost", "127.0.0.1", "[::1]"};
    for (const auto* host : {"localhost", "LOCALHOST:8443", "127.0.0.1:1", "[::1]", "[::1]:8443"})
        EXPECT_TRUE(is_own_host(host, names)) << host;
    for (const auto* host : {"", ":8443", "localhost.evil.example", "evil.example:8443", "::1",
                             "[::1", "127.0.0.1.evil", "localhost:1:2", " localhost"})
        EXPECT_FALSE(is_own_host(host, names)) << host;
}

}  // namespace
}  // namespace sallyport::daemon
