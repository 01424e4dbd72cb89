#include "base/config_excerpt.hpp"

#include "base/error.hpp"

#include <gmock/gmock.h>

namespace sallyport {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string excerpt(const std::string& text) {
    const auto shown = config_excerpt(text, [](std::string_view key) {
        return key == "hub.url" || key == "hub.connections" || key == "mapping.rule.path" ||
               key == "mapping.methods" || key == "on";
    });
    return shown ? *shown : "error: " + shown.error().detail;
}

TEST(ConfigExcerpt, ShowsOnlyWhatStandsOnTheList) {
    const auto shown = excerpt(R"(on = true  # secret comment
[hub]
url = "https://hub"
connections = 3
password = "secret"
[other]
url = "secret"
[[mapping]]
methods = ["GET", "POST"]
names = ["secret"]
[[mapping.rule]]
path = "/a"
note = "secret"
[[mapping.rule]]
path = "/b"
)");
    EXPECT_THAT(shown, Not(HasSubstr("secret")));
    EXPECT_THAT(shown, HasSubstr("# 4 values"));
    for (const auto* part : {"on = true", "https://hub", "connections = 3", "GET", "/a", "/b"})
        EXPECT_THAT(shown, HasSubstr(part));
}

TEST(ConfigExcerpt, LeavesOutKeysThatNobodyKnowsWithTheirNames) {
    EXPECT_THAT(excerpt("[secret]\nsecret = 1\n[hub]\n\"secret.x\" = 2\n"),
                Not(HasSubstr("secret")));
}

TEST(ConfigExcerpt, LeavesOutKindsOfValuesThatNoKeyHas) {
    EXPECT_THAT(excerpt("on = 1979-05-27\n"), Not(HasSubstr("1979")));
}

TEST(ConfigExcerpt, SaysNothingOfATextThatIsNoToml) {
    EXPECT_EQ(excerpt("secret without = sense ="),
              "error: it is no TOML, so nothing of it can be shown");
}

TEST(ConfigExcerpt, TakesSecretsOutOfUrls) {
    EXPECT_THAT(excerpt("[hub]\nurl = \"https://u:p@hub/x\"\n"), HasSubstr("https://***@hub/x"));
    EXPECT_EQ(without_url_secrets("a http://u:p@h:1/x b ssh://t@j \"x://y:z\""),
              "a http://***@h:1/x b ssh://***@j \"x://y:z\"");
    EXPECT_EQ(without_url_secrets("http://u:pa/ss@w@rd@h"), "http://***@h");
    EXPECT_EQ(without_url_secrets("http://h mail@x"), "http://h mail@x");
    EXPECT_EQ(without_url_secrets("http://h/a?token=x#y next ?z"), "http://h/a?*** next ?z");
    EXPECT_EQ(without_url_secrets("http://u@h/a#token"), "http://***@h/a#***");
    EXPECT_EQ(without_url_secrets("http://h/a?mail=x@y&token=z \"http://h?a\""),
              "http://*** \"http://h?***\"");
    EXPECT_EQ(without_url_secrets("http://h/a?$filter=N%20eq%20'secret' b"), "http://h/a?*** b");
    EXPECT_EQ(without_url_secrets("://"), "://");
    EXPECT_EQ(without_url_secrets(""), "");
}

}  // namespace
}  // namespace sallyport
