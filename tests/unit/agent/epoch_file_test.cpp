#include "agent/epoch_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using ::testing::HasSubstr;

TEST(EpochFile, CountsFromOne) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "epoch";
    for (std::uint64_t start = 1; start <= 11; ++start) EXPECT_EQ(*next_epoch(file), start);
    EXPECT_EQ(*read_file(file), "11\n");
}

TEST(EpochFile, WhatIsNoNumberIsNotGuessed) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "epoch";
    ASSERT_TRUE(replace_file(file, "many\n", 0600));
    EXPECT_EQ(next_epoch(file).error().code, Errc::malformed);
}

TEST(EpochFile, WithoutItTheAgentDoesNotStartAndSaysWhatToDo) {
    const test::TemporaryFolder folder;
    const auto epoch = next_epoch(folder.path() / "nowhere" / "epoch");
    ASSERT_FALSE(epoch);
    EXPECT_THAT(epoch.error().detail, HasSubstr("make room or give the rights"));
}

}  // namespace
}  // namespace sallyport::agent
