// A configuration that is half written, that is none, or that somebody made to hurt.
#include "agent/config.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <gmock/gmock.h>
#include <random>
#include <sys/stat.h>

namespace sallyport::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view hostile_hub = "[[hub]]\nurl = \"https://hub.example.com\"\n";

/// A value, or problems of which each names the file.
void expect_judged(const std::string& text) {
    const auto read = Config::parse({{"agent.toml", text}});
    if (read) return;
    EXPECT_EQ(read.error().code, Errc::malformed);
    ASSERT_FALSE(read.error().detail.empty());
    const std::string problems = read.error().detail;
    EXPECT_THAT(problems.substr(0, problems.find('\n')), StartsWith("agent.toml:"));
}

TEST(HostileConfig, EveryBeginningOfTheExampleIsReadOrItsFaultNamed) {
    const auto* source = std::getenv("SALLYPORT_SOURCE_DIR");
    if (source == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set; run it with ctest";
    const auto text = *read_file(std::filesystem::path(source) / "packaging/examples/agent.toml");
    for (std::size_t size = 0; size <= text.size(); ++size) expect_judged(text.substr(0, size));
}

TEST(HostileConfig, WhatIsNoTextIsRefusedWithItsLine) {
    std::string text(hostile_hub);
    text += std::string("[agent]\nworkers = 1\0\n", 21);
    const auto nul = Config::parse({{"agent.toml", text}});
    EXPECT_THAT(nul.error().detail, StartsWith("agent.toml:4:"));
    std::mt19937 dice(1);
    for (int i = 0; i < 300; ++i) {
        std::string binary(1 + dice() % 500, '\0');
        for (auto& byte : binary) byte = static_cast<char>(dice());
        expect_judged(binary);
        expect_judged(std::string(hostile_hub) + binary);
    }
}

class HostileConfigFiles : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(replace_file(file(), hostile_hub, 0644));
        std::filesystem::create_directory(more());
    }
    std::filesystem::path file() const { return folder_.path() / "agent.toml"; }
    std::filesystem::path more() const { return folder_.path() / "mappings.d"; }

    test::TemporaryFolder folder_;
};

TEST_F(HostileConfigFiles, SoManyFilesAreReadAndNotOneMore) {
    for (int i = 0; i < 1'024; ++i) std::ofstream(more() / (std::to_string(i) + ".toml"));
    EXPECT_TRUE(Config::load(file()));
    for (int i = 1'024; i < 10'000; ++i) std::ofstream(more() / (std::to_string(i) + ".toml"));
    const auto read = Config::load(file());
    EXPECT_EQ(read.error().code, Errc::limit);
    EXPECT_THAT(read.error().detail, HasSubstr("mappings.d holds more than 1024 files"));
}

TEST_F(HostileConfigFiles, TheyAreBoundedTogetherToo) {
    const std::string comment(4 * 1024 * 1024, '#');
    for (const char* name : {"a.toml", "b.toml", "c.toml"})
        ASSERT_TRUE(replace_file(more() / name, comment, 0644));
    EXPECT_TRUE(Config::load(file()));
    ASSERT_TRUE(replace_file(more() / "d.toml", comment, 0644));
    const auto read = Config::load(file());
    EXPECT_EQ(read.error().code, Errc::limit);
    EXPECT_THAT(read.error().detail, HasSubstr("d.toml"));
}

TEST_F(HostileConfigFiles, APipeAFolderOrALoopInThePlaceOfAFileIsNamed) {
    const auto odd = more() / "odd.toml";
    const auto said = [&] {
        auto detail = Config::load(file()).error().detail;
        std::filesystem::remove(odd);
        return detail;
    };
    ASSERT_EQ(::mkfifo(odd.c_str(), 0600), 0);
    EXPECT_THAT(said(), HasSubstr("odd.toml is a named pipe"));
    std::filesystem::create_directory(odd);
    EXPECT_THAT(said(), HasSubstr("odd.toml is a folder"));
    std::filesystem::create_symlink(odd, odd);
    EXPECT_THAT(said(), HasSubstr("odd.toml"));
    EXPECT_TRUE(Config::load(file()));
}

TEST_F(HostileConfigFiles, AFileThatEverybodyMayChangeIsRefused) {
    ASSERT_EQ(::chmod(file().c_str(), 0646), 0);
    EXPECT_THAT(Config::load(file()).error().detail, HasSubstr("chmod o-w"));
}

}  // namespace
}  // namespace sallyport::agent
