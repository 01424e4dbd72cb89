#include "agent/back_end_trust.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

class BackEndTrustTest : public ::testing::Test {
protected:
    void SetUp() override { std::filesystem::create_directory(trust_.ca_folder); }
    void write(const std::string& name, const std::string& text) {
        ASSERT_TRUE(replace_file(trust_.ca_folder / name, text, 0644));
    }
    Result<BackEndTrust> load() const { return BackEndTrust::load(trust_, pki_.now()); }

    test::TemporaryFolder folder_;
    test::TestPki pki_;
    test::TestPki other_{"other CA"};
    TrustConfig trust_{.ca_file = {}, .ca_folder = folder_.path() / "trusted", .crl_files = {}};
};

TEST_F(BackEndTrustTest, EveryFileOfTheFolderCounts) {
    write("a.pem", pki_.ca_pem());
    write("b.crt", other_.ca_pem());
    write(".c.pem.swp", "what an editor left behind");
    const auto trust = load();
    ASSERT_TRUE(trust) << to_text(trust.error());
    EXPECT_EQ(trust->anchors.size(), 2U);
    EXPECT_TRUE(trust->warnings.empty());
    EXPECT_TRUE(trust->context({}));
}

TEST_F(BackEndTrustTest, ADifferenceInAFileIsADifferenceOfTheDigest) {
    write("a.pem", pki_.ca_pem());
    const auto before = load();
    write("a.pem", other_.ca_pem());
    const auto after = load();
    ASSERT_TRUE(before && after);
    EXPECT_NE(before->digest, after->digest);
}

TEST_F(BackEndTrustTest, ErrorsNameTheFile) {
    write("a.pem", pki_.ca_pem());
    write("garbage.pem", "buy milk");
    const auto garbage = load();
    ASSERT_FALSE(garbage);
    EXPECT_NE(garbage.error().detail.find("garbage.pem"), std::string::npos);
    std::filesystem::remove(trust_.ca_folder / "garbage.pem");
    trust_.crl_files = {trust_.ca_folder / "a.pem"};
    const auto list = load();
    ASSERT_FALSE(list);
    EXPECT_NE(list.error().detail.find("crl_files"), std::string::npos);
    EXPECT_NE(list.error().detail.find("a.pem"), std::string::npos);
}

TEST_F(BackEndTrustTest, AnEmptyFolderIsWarnedOfAndAMissingOneIsAnError) {
    const auto empty = load();
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->warnings.size(), 1U);
    std::filesystem::remove(trust_.ca_folder);
    EXPECT_FALSE(load());
}

TEST_F(BackEndTrustTest, ListsNeedAnAuthority) {
    const auto config = Config::parse({{"agent.toml",
                                        "[[hub]]\nurl = \"https://hub.test\"\n"
                                        "[trust]\ncrl_files = [\"/a.crl\"]\n"}});
    ASSERT_FALSE(config);
    EXPECT_NE(config.error().detail.find("needs ca_file or ca_folder"), std::string::npos);
}

TEST_F(BackEndTrustTest, PinsAreReadFromAMappingAndBelongToHttps) {
    const auto parse = [](const std::string& scheme, const std::string& pin) {
        return Config::parse({{"agent.toml",
                               "[[hub]]\nurl = \"https://hub.test\"\n[[mapping]]\n"
                               "virtual = \"erp:80\"\ninternal = \"" +
                                   scheme + "://erp\"\npin = " + pin + "\n"}});
    };
    const auto good = '"' + std::string("sha256:") + std::string(64, 'a') + '"';
    const auto one = parse("https", good);
    ASSERT_TRUE(one) << to_text(one.error());
    EXPECT_EQ(one->mappings.front().pins.size(), 1U);
    const auto two = parse("https", "[" + good + ", " + good + "]");
    ASSERT_TRUE(two);
    EXPECT_EQ(two->mappings.front().pins.size(), 2U);
    EXPECT_FALSE(parse("http", good));
    EXPECT_FALSE(parse("https", "\"sha256:abc\""));
    EXPECT_FALSE(parse("https", "[]")) << "nothing pinned, although somebody meant to";
}

}  // namespace
}  // namespace sallyport::agent
