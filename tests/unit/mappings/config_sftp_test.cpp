#include "mappings/config_sftp.hpp"

#include "tests/unit/mappings/reading.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::mappings {
namespace {

using testing::HasSubstr;

Reading with(const std::string& internal, const std::string& more = "") {
    return read("[[mapping]]\nvirtual = \"files.virtual:80\"\ninternal = \"" + internal + "\"\n" +
                more);
}
std::string problems(const std::string& more) { return with("sftp://u@h/", more).problems; }
std::string rule_problems(const std::string& more) {
    return problems("[[mapping.rule]]\npath = \"/\"\n" + more);
}

TEST(SftpConfig, ReadsUserServerAndFolder) {
    const auto reading = with("sftp://exchange@files.corp:2222/srv/exchange/");
    ASSERT_EQ(reading.problems, "");
    const auto& internal = reading.mappings.at(0).internal;
    EXPECT_EQ(internal.user, "exchange");
    EXPECT_EQ(internal.host, "files.corp");
    EXPECT_EQ(internal.ports.first, 2222);
    EXPECT_EQ(internal.base, "/srv/exchange");
    EXPECT_EQ(internal.text(), "sftp://exchange@files.corp:2222/srv/exchange");
    EXPECT_TRUE(reading.mappings[0].is_files());
    EXPECT_EQ(reading.mappings[0].limits.connections, sftp_connections_default);
    EXPECT_EQ(with("sftp://u@[fd00::1]/").mappings.at(0).internal.text(), "sftp://u@[fd00::1]:22/");
}

TEST(SftpConfig, RefusesWhatIsNoFolderOfAUser) {
    for (const auto* internal :
         {"sftp://h/a", "sftp://u@h", "sftp://u@h:22", "sftp://@h/a", "sftp://u@/a",
          "sftp://u@h:0/a", "sftp://u@h:22-23/a", "sftp://u@h/a/../b", "sftp://u@h/a%20b",
          "sftp://u@h//a", "sftp://u:p@h/a", "sftp://u@h/a?b", "sftp://u@h/a;b"})
        EXPECT_THAT(with(internal).problems, HasSubstr("must be sftp://user@host[:port]/folder"))
            << internal;
    EXPECT_NE(with("sftp://u@h/" + std::string(512, 'a')).problems, "");
    EXPECT_NE(with("sftp://" + std::string(65, 'u') + "@h/").problems, "");
}

TEST(SftpConfig, RefusesKeysThatSayNothingOfFiles) {
    EXPECT_THAT(problems("host_header = \"internal\""), HasSubstr("mapping.host_header belongs"));
    EXPECT_THAT(problems("principal = { kind = \"none\" }"),
                HasSubstr("mapping.principal belongs"));
    EXPECT_THAT(problems("system_certificate = true"), HasSubstr("mapping.system_certificate"));
    EXPECT_THAT(problems("pin = \"sha256:" + std::string(64, 'a') + "\""),
                HasSubstr("mapping.pin belongs"));
    EXPECT_THAT(problems("limits = { idle_timeout = \"1h\" }"), HasSubstr("idle_timeout"));
    EXPECT_THAT(problems("limits = { connections = 65 }"), HasSubstr("is at most 64"));
    EXPECT_EQ(problems("limits = { connections = 64, response_timeout = \"1m\" }"), "");
}

TEST(SftpConfig, RulesSayWhatAFileMustBe) {
    const auto reading = with("sftp://u@h/",
                              "[[mapping.rule]]\npath = \"/in\"\nmatch = \"subpaths\"\n"
                              "methods = [\"GET\", \"HEAD\", \"PUT\", \"DELETE\", \"MOVE\", "
                              "\"MKCOL\"]\ncontent = \"xml\"\nsize_max = \"10MiB\"\n");
    ASSERT_EQ(reading.problems, "");
    const auto& rule = reading.mappings.at(0).rules.at(0);
    EXPECT_EQ(rule.content, Content::xml);
    EXPECT_EQ(rule.size_bytes_max, 10U * 1024 * 1024);
    EXPECT_THAT(rule_problems("content = \"csv\""), HasSubstr("mapping.rule.content"));
    EXPECT_THAT(rule_problems("size_max = \"10 MB\""), HasSubstr("must be a size"));
    EXPECT_THAT(rule_problems("methods = [\"POST\"]"), HasSubstr("POST is none of them"));
    EXPECT_THAT(rule_problems("upgrade = true"), HasSubstr("mapping.rule.upgrade belongs"));
    EXPECT_THAT(rule_problems("batch = true"), HasSubstr("mapping.rule.batch belongs"));
    EXPECT_THAT(problems_with_rule("path = \"/\"\ncontent = \"json\""),
                HasSubstr("belongs to mappings of sftp://"));
}

TEST(SftpConfig, ReadsSizes) {
    EXPECT_EQ(parse_size("4096"), 4096U);
    EXPECT_EQ(parse_size("1KiB"), 1024U);
    EXPECT_EQ(parse_size("2GiB"), 2147483648U);
    for (const auto* text : {"", "0", "0MiB", "KiB", "1 KiB", "1kb", "-1", "1.5MiB",
                             "9007199254740993GiB", "18446744073709551615"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sallyport::mappings
