#include "base/error.hpp"
#include "base/file.hpp"
#include "hub/config.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sallyport::hub {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(HostileHubConfig, EveryBeginningOfTheExampleIsReadOrItsFaultNamed) {
    const auto* source = std::getenv("SALLYPORT_SOURCE_DIR");
    if (source == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set; run it with ctest";
    const auto text = *read_file(std::filesystem::path(source) / "packaging/examples/hub.toml");
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const auto read = Config::parse(text.substr(0, size), "hub.toml");
        if (read) continue;
        EXPECT_EQ(read.error().code, Errc::malformed);
        EXPECT_THAT(read.error().detail, StartsWith("hub.toml:"));
    }
}

TEST(HostileHubConfig, WhatIsNoFileOfItsOwnIsNamed) {
    const test::TemporaryFolder folder;
    const auto pipe = folder.path() / "hub.toml";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_THAT(Config::load(pipe).error().detail, HasSubstr("hub.toml is a named pipe"));
    std::filesystem::remove(pipe);
    ASSERT_TRUE(replace_file(pipe, "", 0644));
    std::filesystem::resize_file(pipe, 100'000'000);
    EXPECT_EQ(Config::load(pipe).error().code, Errc::limit);
    ASSERT_TRUE(replace_file(pipe, "", 0666));
    EXPECT_THAT(Config::load(pipe).error().detail, HasSubstr("chmod o-w"));
}

}  // namespace
}  // namespace sallyport::hub
