#include "agent/witness_pins.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

TEST(WitnessPins, AreThereAgainAfterARestart) {
    test::TemporaryFolder folder;
    WitnessPins pins(folder.path() / "witnesses.json");
    ASSERT_TRUE(pins.load());
    EXPECT_EQ(pins.find("prod"), "");
    ASSERT_TRUE(pins.pin("prod", "a"));
    ASSERT_TRUE(pins.pin("test", "b"));
    WitnessPins again(folder.path() / "witnesses.json");
    ASSERT_TRUE(again.load());
    EXPECT_EQ(again.find("prod"), "a");
    EXPECT_EQ(again.find("test"), "b");
}

TEST(WitnessPins, WhatCannotBeWrittenIsNotBelieved) {
    test::TemporaryFolder folder;
    WitnessPins pins(folder.path() / "missing" / "witnesses.json");
    ASSERT_TRUE(pins.load());
    EXPECT_FALSE(pins.pin("prod", "a"));
    EXPECT_EQ(pins.find("prod"), "");
}

TEST(WitnessPins, NobodyIsBelievedAnewBecauseTheFileIsDamaged) {
    test::TemporaryFolder folder;
    const auto file = folder.path() / "witnesses.json";
    ASSERT_TRUE(replace_file(file, "{\"prod\":", 0600));
    WitnessPins pins(file);
    EXPECT_EQ(pins.load().error().code, Errc::malformed);
    EXPECT_NE(pins.failure().find("restore it"), std::string::npos);
    EXPECT_EQ(pins.pin("prod", "a").error().code, Errc::conflict);
    EXPECT_EQ(*read_file(file), "{\"prod\":");
}

}  // namespace
}  // namespace sallyport::agent
