#include "agent/technical_credentials.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// "name: value" of the field it adds, or "! why".
std::string field_of(std::string_view text) {
    const auto read = TechnicalCredentials::parse(text, "erp.toml");
    if (!read) return "! " + read.error().detail;
    if ((*read)->login == nullptr) return "a token";
    const auto& field = (*read)->login->fields.at(0);
    return field.name + ": " + std::string(field.value.reveal());
}

TEST(TechnicalCredentials, APasswordIsBasic) {
    EXPECT_EQ(field_of("user = \"Aladdin\"\npassword = \"open sesame\""),
              "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(field_of("Aladdin:open sesame\n"),
              "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    const auto read = TechnicalCredentials::parse("user = \"RFC\"\npassword = \"p:w\"", "x");
    ASSERT_TRUE(read);
    EXPECT_EQ((*read)->user, "RFC");
    EXPECT_TRUE((*read)->login->drops_authorization);
}

TEST(TechnicalCredentials, AFieldIsWhatTheAdministratorSays) {
    EXPECT_EQ(field_of("header = \"X-Api-Key\"\nvalue = \"k 1\""), "x-api-key: k 1");
    EXPECT_EQ(field_of("header = \"Authorization\"\nvalue = \"Bearer t\""),
              "authorization: Bearer t");
    EXPECT_EQ(field_of("header = \"Remote-User\"\nvalue = \"tech\""), "remote-user: tech");
    for (const std::string name : {"Host", "Content-Length", "content_length", "Connection", "TE",
                                   "Transfer-Encoding", "Upgrade", "Proxy-Authorization", "Trailer",
                                   "Sallyport-User-Token", "a b", "", "Expect", "X:Y"})
        EXPECT_THAT(field_of("header = \"" + name + "\"\nvalue = \"k\""), HasSubstr("header"))
            << name;
}

TEST(TechnicalCredentials, ATokenIsOrderedFromItsServer) {
    const auto read = TechnicalCredentials::parse(
        "token_url = \"https://login.corp:8443/oauth/token\"\nclient_id = \"agent\"\n"
        "client_secret = \"s\"\nscope = \"erp.read\"",
        "x");
    ASSERT_TRUE(read) << to_text(read.error());
    ASSERT_TRUE((*read)->token_order);
    EXPECT_EQ((*read)->token_order->url.text(), "https://login.corp:8443/oauth/token");
    EXPECT_EQ((*read)->token_order->client_secret.reveal(), "s");
    EXPECT_EQ((*read)->token_order->scope, "erp.read");
    EXPECT_EQ((*read)->user, "agent");
    EXPECT_EQ((*read)->login, nullptr);
    EXPECT_THAT(field_of("token_url = \"http://x/\"\nclient_id = \"a\"\nclient_secret = \"s\""),
                HasSubstr("https://"));
}

TEST(TechnicalCredentials, WhatIsWrongIsSaidWithoutTheSecret) {
    for (const std::string text :
         {"user = \"RFC\"", "user = \"a:b\"\npassword = \"hunter2\"",
          "user = \"\"\npassword = \"hunter2\"", "user = \"a\"\npassword = \"hunter2\\n\"",
          "user = \"a\"\npassword = \"hunter2", "user = \"a\"\npassword = hunter2", "hunter2",
          ":hunter2", "a:", "user: \"hunter2\"\npassword: \"x\"", "user = \"hunter2:",
          "user = \"a\"\npassword = \"hunter2\"\nheader = \"X\"\nvalue = \"hunter2\"",
          "user = \"a\"\npassword = \"hunter2\"\npasword = \"hunter2\"",
          "header = \"X\"\nvalue = \"hunter2\\u0000\"", ""})
        EXPECT_THAT(field_of(text), ::testing::AllOf(HasSubstr("! "), Not(HasSubstr("hunter2"))))
            << text;
}

TEST(TechnicalCredentials, AFileThatEverybodyMayReadIsRefused) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "erp.toml";
    ASSERT_TRUE(replace_file(file, "user = \"a\"\npassword = \"b\"", 0644));
    EXPECT_THAT(TechnicalCredentials::load(file).error().detail, HasSubstr("chmod o="));
    ASSERT_TRUE(replace_file(file, "user = \"a\"\npassword = \"b\"", 0640));
    const auto read = TechnicalCredentials::load(file);
    ASSERT_TRUE(read);
    EXPECT_EQ((*read)->user, "a");
    EXPECT_FALSE(TechnicalCredentials::load(folder.path() / "none.toml"));
}

}  // namespace
}  // namespace sallyport::agent
